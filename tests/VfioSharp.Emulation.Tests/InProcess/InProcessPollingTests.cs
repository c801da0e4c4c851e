using VfioSharp.Emulation.InProcess;

namespace VfioSharp.Emulation.Tests.InProcess;

public sealed class InProcessPollingTests
{
    [Fact]
    public void A_function_of_this_process_is_looked_at_while_accesses_get_in()
    {
        using var function = new PolledFunction { Look = _ => true };
        using (var device = InProcessDevice.Open(function))
        {
            using var window = device.Regions[0].Open();
            window.Write32(PolledFunction.Switch, 1);
            Await(() => function.Looks > 1000);
            for (var i = 0u; i < 2000; i++)
            {
                window.Write32(PolledFunction.Plain, i);
                Assert.Equal(i, window.Read32(PolledFunction.Plain));
            }

            window.Write32(PolledFunction.Switch, 0);
            AssertIsAtRest(function);
            window.Write32(PolledFunction.Switch, 1);
            var looks = function.Looks;
            Await(() => function.Looks > looks);
            device.Reset();
            AssertIsAtRest(function);
            window.Write32(PolledFunction.Switch, 1);
        }

        AssertIsAtRest(function);
        Assert.False(function.WasCrowded);
    }

    [Fact]
    public void A_function_of_this_process_that_tells_of_work_is_left_alone_until_it_has_some()
    {
        using var function = new PolledFunction();
        using var device = InProcessDevice.Open(function);
        using var window = device.Regions[0].Open();
        window.Write32(PolledFunction.Switch, 1);
        Await(() => function.Rests == 1);
        AssertIsAtRest(function);
        window.Write32(PolledFunction.Ask, 1);
        Assert.Equal(1, function.Works);
        Await(() => function.Rests == 2);
        function.AskFromHere();
        Await(() => function.Rests == 3 && function.Works == 2);
    }

    [Fact]
    public void What_a_look_throws_is_told_to_who_makes_the_next_access()
    {
        using var function = new PolledFunction { Look = _ => throw new InvalidTimeZoneException("as the test asked") };
        using var device = InProcessDevice.Open(function);
        using var window = device.Regions[0].Open();
        window.Write32(PolledFunction.Switch, 1);
        Await(() => function.Looks == 1);
        var failure = Assert.Throws<VfioException>(() => window.Read32(PolledFunction.Plain));
        Assert.IsType<InvalidTimeZoneException>(failure.InnerException);
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, 20_000));

    private static void AssertIsAtRest(PolledFunction function)
    {
        // The look that was under way may yet be counted.
        Thread.Sleep(20);
        var looks = function.Looks;
        Thread.Sleep(50);
        Assert.Equal(looks, function.Looks);
    }
}
