using VfioSharp.Emulation.Nvme;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>The values are those that QEMU's controller gave to real kernels.</summary>
public sealed class RegisterTests : IDisposable
{
    private readonly NvmeFunction _nvme = new(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped });

    public void Dispose() => _nvme.Dispose();

    [Fact]
    public void CAP_and_VS_are_those_of_QEMU_at_every_width_and_offset()
    {
        Assert.Equal("ff07010f20084000", Read(0, 8));
        Assert.Equal("00040100", Read(8, 4));
        Assert.Equal("010f", Read(2, 2));
        Assert.Equal("08400000", Read(5, 4));
        Assert.Equal("00000000", Read(0x1000, 4));
        Assert.Equal("0000000000000000", Read(0x1ff8, 8));
    }

    [Fact]
    public void A_controller_of_version_2_tells_how_long_it_takes_until_it_is_ready()
    {
        using var nvme = new NvmeFunction(new NvmeFunctionOptions { Version = new NvmeVersion(2, 0, 0) });
        var bytes = new byte[8];
        nvme.ReadBar(0, 0, bytes);
        Assert.Equal("ff07010f20084008", Convert.ToHexStringLower(bytes));
        nvme.ReadBar(0, 8, bytes.AsSpan(0, 4));
        Assert.Equal("00000200", Convert.ToHexStringLower(bytes, 0, 4));
        nvme.ReadBar(0, 0x68, bytes.AsSpan(0, 4));
        Assert.Equal("0f000000", Convert.ToHexStringLower(bytes, 0, 4));
        Assert.Equal("00000000", Read(0x68, 4));
    }

    [Fact]
    public void The_admin_queue_registers_hold_what_is_written_and_a_narrow_write_clears_the_rest_of_AQA()
    {
        Write(0x24, "1f001f00");
        Assert.Equal("1f001f00", Read(0x24, 4));
        Write(0x24, "1f");
        Assert.Equal("1f000000", Read(0x24, 4));
        Write(0x28, "0010325476000000");
        Assert.Equal("0010325476000000", Read(0x28, 8));
        Write(0x2c, "00000000");
        Assert.Equal("0010325400000000", Read(0x28, 8));
        Write(0x2a, "ffff");
        Assert.Equal("0010325400000000", Read(0x28, 8));
        Write(0x00, "ffffffffffffffff");
        Assert.Equal("ff07010f20084000", Read(0, 8));
    }

    [Fact]
    public void Ready_follows_enable_and_a_shutdown_completes()
    {
        Write(0x24, "1f001f00");
        Write(0x14, "01004600");
        Assert.Equal("01000000", Read(0x1c, 4));
        Write(0x14, "01404600");
        Assert.Equal("05000000", Read(0x1c, 4));
        _nvme.RunWork(new RecordingHost());
        Assert.Equal("09000000", Read(0x1c, 4));
        Write(0x0c, "03000000");
        Assert.Equal("03000000", Read(0x10, 4));
        Write(0x14, "00004600");
        Assert.Equal("00000000", Read(0x1c, 4));
        Assert.Equal("00000000", Read(0x0c, 4));
        Assert.Equal("1f001f00", Read(0x24, 4));
        _nvme.Reset();
        Assert.Equal("00000000", Read(0x24, 4));
        Assert.Equal("ff07010f20084000", Read(0, 8));
    }

    private string Read(ulong offset, int width)
    {
        var bytes = new byte[width];
        _nvme.ReadBar(0, offset, bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private void Write(ulong offset, string bytes) => _nvme.WriteBar(0, offset, Convert.FromHexString(bytes));
}
