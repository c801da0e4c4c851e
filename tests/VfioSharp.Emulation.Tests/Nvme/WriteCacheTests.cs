using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.Nvme.Storage;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Volatile Write Cache (NVMe Base 2.0, 5.27.1.4) and Shutdown (3.6.1): when something has to be on the disk.</summary>
public sealed class WriteCacheTests : IDisposable
{
    private readonly CountingFile _file = new();
    private readonly RawDriver _driver;
    private readonly ulong _buffer;

    public WriteCacheTests()
    {
        _driver = new RawDriver(new NvmeFunctionOptions { Images = [new NvmeImage(_file, null, 1 << 20, 512, isReadOnly: false)] });
        _driver.Enable();
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        _buffer = _driver.AllocatePages(1);
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void With_the_cache_a_write_is_on_the_disk_after_a_flush_or_by_force()
    {
        Assert.Equal(0, Write().Code);
        Assert.Equal(0, _file.Synchronized);
        Assert.Equal(0, _driver.Execute(1, 0x00, 1).Code);
        Assert.Equal(1, _file.Synchronized);
        Assert.Equal(0, Write(forceUnitAccess: true).Code);
        Assert.Equal(2, _file.Synchronized);
    }

    [Fact]
    public void Without_the_cache_every_write_is_on_the_disk_and_so_is_what_was_written_before()
    {
        Assert.Equal(0, Write().Code);
        Assert.Equal(0, _driver.Admin(0x09, dwords: [6, 0]).Code);
        Assert.Equal(1, _file.Synchronized);
        Assert.Equal(0, Write().Code);
        Assert.Equal(2, _file.Synchronized);
        Assert.Equal(0, _driver.Execute(1, 0x08, 1, 0, 0, 0, 0, 0, 7).Code);
        Assert.Equal(3, _file.Synchronized);
        Assert.Equal(0, _driver.Execute(1, 0x02, 1, _buffer, 0, 0, 0, 0, 7).Code);
        Assert.Equal(3, _file.Synchronized);
        Assert.Equal(0, _driver.Admin(0x09, dwords: [6, 1]).Code);
        Assert.Equal(0, Write().Code);
        Assert.Equal(3, _file.Synchronized);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_out_stays_on()
    {
        _file.Answer = Errno.EIO;
        Assert.Equal(0x280, _driver.Admin(0x09, dwords: [6, 0]).Code);
        Assert.Equal(1u, _driver.Admin(0x0a, dwords: 6).Result);
    }

    [Fact]
    public void A_shutdown_is_complete_when_everything_is_on_the_disk()
    {
        Assert.Equal(0, Write().Code);
        _driver.Function.WriteBar(0, 0x14, [1, 0x40, 0x46, 0]);
        Span<byte> status = stackalloc byte[4];
        _driver.Function.ReadBar(0, 0x1c, status);
        Assert.Equal((0x05, 0), (status[0], _file.Synchronized));
        _driver.Function.RunWork(_driver.Host);
        Assert.Equal((0x09u, 1), (_driver.Read32(0x1c), _file.Synchronized));
        // A reset makes it an enabled controller again.
        _driver.Write32(0x14, 0);
        Assert.Equal(0u, _driver.Read32(0x1c));
        _driver.Enable();
        Assert.Equal(1u, _driver.Read32(0x1c));
    }

    private Completion Write(bool forceUnitAccess = false) =>
        _driver.Execute(1, 0x01, 1, _buffer, 0, 0, 0, 0, 7 | (forceUnitAccess ? 1u << 30 : 0));

    private sealed class CountingFile() : ImageFile(MakeFile())
    {
        public int Synchronized { get; private set; }

        public Errno Answer { get; set; }

        public override Errno Synchronize()
        {
            Synchronized++;
            return Answer;
        }

        private static FileDescriptor MakeFile()
        {
            var file = Libc.memfd_create("vfiosharp-cache-test", Libc.MFD_CLOEXEC);
            Assert.Equal(0, Libc.ftruncate(file, 1 << 20));
            return file;
        }
    }
}
