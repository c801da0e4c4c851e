using VfioSharp.Native;

namespace VfioSharp.Tests.Native;

public sealed class FileDescriptorTests
{
    [Fact]
    public void A_call_that_fails_gives_an_invalid_descriptor_and_the_error()
    {
        using var descriptor = Libc.open("/nowhere/at/all", Libc.O_RDONLY | Libc.O_CLOEXEC);
        var errno = Libc.LastErrno;

        Assert.True(descriptor.IsInvalid);
        Assert.Equal(Errno.ENOENT, errno);
    }

    [Fact]
    public void A_call_that_succeeds_gives_a_descriptor_that_closes()
    {
        var descriptor = Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC);

        Assert.False(descriptor.IsInvalid);
        Assert.Equal("/dev/null", new FileInfo($"/proc/self/fd/{descriptor.Number}").LinkTarget);
        descriptor.Dispose();
        Assert.True(descriptor.IsClosed);
    }
}
