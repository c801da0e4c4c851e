using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests;

public sealed class FirstTouchTests
{
    private static readonly byte[] Capabilities = [0xff, 0x07, 0x01, 0x0f, 0x20, 0x08, 0x40, 0x00];

    // 41a0926e82f4: the page is faulted in by the system call (recording linux-7.2: "read first touch off0 len8").
    [Fact]
    public void The_first_touch_by_a_system_call_works_with_the_fault_fix()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());

        Assert.False(under.Process.Memory.IsPresent(address));
        Assert.Equal(0, under.SysRead(address, 8, out var data).Value);
        Assert.Equal(Capabilities, data);
        Assert.True(under.Process.Memory.IsPresent(address));
    }

    [Fact]
    public void Without_the_fault_fix_it_is_EINVAL()
    {
        var under = new HostUnderTest("linux-7.2,nomio,fault=off");
        var address = under.MapBar(under.Open());

        Assert.Equal(Errno.EINVAL, under.SysRead(address, 8, out _).Errno);
    }
}
