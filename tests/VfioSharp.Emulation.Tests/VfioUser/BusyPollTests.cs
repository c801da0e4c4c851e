namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class BusyPollTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(0)]
    public void A_server_that_polls_answers_as_one_that_sleeps_also_after_it_went_to_sleep(int limitInMilliseconds)
    {
        using var function = new EngineFunction();
        using var client = TestClient.Attach(function, new() { BusyPoll = true, BusyPollLimit = TimeSpan.FromMilliseconds(limitInMilliseconds) });
        for (var i = 0; i < 20; i++)
        {
            client.WriteRegion(0, 0x80, (byte)i);
            Assert.Equal([(byte)i], client.ReadRegion(0, 0x80, 1));
        }

        Thread.Sleep(50);
        Assert.Equal([19], client.ReadRegion(0, 0x80, 1));
        client.Server!.Stop();
        Assert.True(client.Server.Wait(TimeSpan.FromSeconds(10)));
    }
}
