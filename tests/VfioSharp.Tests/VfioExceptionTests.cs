namespace VfioSharp.Tests;

public sealed class VfioExceptionTests
{
    [Fact]
    public void The_message_says_what_failed_on_which_device_with_which_error_and_what_to_do()
    {
        var exception = new VfioException("open the device", "0000:01:00.0", Errno.EBUSY, "close the other program.");
        Assert.Equal("0000:01:00.0: cannot open the device (EBUSY): close the other program.", exception.Message);
        Assert.Equal(("open the device", "0000:01:00.0", Errno.EBUSY), (exception.Operation, exception.Device, exception.Errno));
    }

    [Fact]
    public void Parts_that_are_not_known_are_left_out() =>
        Assert.Equal("cannot map 4096 bytes.", new VfioException("map 4096 bytes", null, Errno.None).Message);

    [Fact]
    public void An_error_without_a_name_is_told_by_its_number() =>
        Assert.Contains("(errno 133)", new VfioException("x", null, (Errno)133).Message, StringComparison.Ordinal);
}
