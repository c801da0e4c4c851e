using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.Nvme.Storage;
using VfioSharp.Native;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class FailingImageTests : IDisposable
{
    private const int SizeInBytes = 1 << 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vfiosharp-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "image");

    public void Dispose() => _folder.Delete(true);

    [Theory]
    [InlineData(Errno.ENOSPC, StatusCode.CapacityExceeded)]
    [InlineData(Errno.EDQUOT, StatusCode.CapacityExceeded)]
    [InlineData(Errno.EIO, StatusCode.WriteFault)]
    [InlineData(Errno.EFBIG, StatusCode.WriteFault)]
    [InlineData(Errno.ENOMEM, StatusCode.InternalError)]
    [InlineData(Errno.EROFS, StatusCode.NamespaceWriteProtected)]
    public void What_the_kernel_says_to_a_write_becomes_a_status(Errno errno, StatusCode status)
    {
        using var file = new FaultyFile { OnWrite = errno };
        using var image = new NvmeImage(file, null, SizeInBytes, 512, isReadOnly: false);
        var commands = new CommandsOnMemory(image);
        Assert.Equal(status, commands.Execute(IoOpcode.Write, 0, 8));
        Assert.Equal(status, commands.Execute(IoOpcode.WriteZeroes, 0, 8));
        Assert.Equal(status, commands.Execute(IoOpcode.WriteZeroes, 0, 8, flags: 1 << 25));
        Assert.Equal(status, commands.Deallocate(DatasetRange.Deallocate, (0, 8)));
        Assert.Equal(status == StatusCode.WriteFault ? 4ul : 0, commands.Commands.Counts.MediaErrors);
        Assert.Equal((0ul, 0ul), (commands.Commands.Counts.WriteCommands, commands.Commands.Counts.BytesWritten));
        file.OnWrite = Errno.None;
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 8));
    }

    [Fact]
    public void A_failed_read_is_an_unrecovered_error()
    {
        using var file = new FaultyFile { OnRead = Errno.EIO };
        using var image = new NvmeImage(file, null, SizeInBytes, 512, isReadOnly: false);
        var commands = new CommandsOnMemory(image);
        foreach (var opcode in new[] { IoOpcode.Read, IoOpcode.Compare, IoOpcode.Verify })
            Assert.Equal(StatusCode.UnrecoveredReadError, commands.Execute(opcode, 0, 8));
        Assert.Equal(3ul, commands.Commands.Counts.MediaErrors);
    }

    [Fact]
    public void After_a_flush_that_failed_none_succeeds_until_the_image_is_opened_anew()
    {
        using var file = new FaultyFile { OnSynchronize = Errno.EIO };
        using var image = new NvmeImage(file, null, SizeInBytes, 512, isReadOnly: false);
        var commands = new CommandsOnMemory(image);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 8));
        Assert.False(image.HasLostWrites);
        Assert.Equal(StatusCode.WriteFault, Flush(commands));
        Assert.True(image.HasLostWrites);
        file.OnSynchronize = Errno.None;
        Assert.Equal(StatusCode.WriteFault, Flush(commands));
        Assert.Equal(StatusCode.WriteFault, commands.Execute(IoOpcode.Write, 0, 8, flags: 1 << 30));
        Assert.Equal(StatusCode.WriteFault, commands.Commands.FlushAll().Code);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 8));
        Assert.Equal(1, file.Synchronizations);
    }

    [Fact]
    public void A_flush_and_a_write_with_Force_Unit_Access_reach_the_disk_and_no_other_write_does()
    {
        using var file = new FaultyFile();
        using var image = new NvmeImage(file, null, SizeInBytes, 512, isReadOnly: false);
        var commands = new CommandsOnMemory(image);
        commands.Execute(IoOpcode.Write, 0, 8);
        commands.Execute(IoOpcode.WriteZeroes, 0, 8);
        Assert.Equal(["write", "zero"], file.Calls);
        Flush(commands);
        commands.Execute(IoOpcode.Write, 0, 8, flags: 1 << 30);
        commands.Execute(IoOpcode.WriteZeroes, 0, 8, flags: 1 << 30);
        Assert.Equal(["write", "zero", "synchronize", "write", "synchronize", "zero", "synchronize"], file.Calls);
    }

    [Fact]
    public void Where_there_are_no_holes_zeroes_are_written_and_deallocated_blocks_stay()
    {
        using var file = new FaultyFile { HasHoles = false };
        using var image = new NvmeImage(file, null, SizeInBytes, 512, isReadOnly: false);
        var commands = new CommandsOnMemory(image);
        commands.Memory[..0x20000].Fill(0x5a);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 256));
        Assert.Equal(StatusCode.Success, commands.Deallocate(DatasetRange.Deallocate, (0, 256)));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.WriteZeroes, 1, 200, flags: 1 << 25));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 0, 256));
        Assert.Equal((512, 201 * 512), (commands.Memory.IndexOf((byte)0), commands.Memory[..0x20000].LastIndexOf((byte)0) + 1));
        Assert.Equal(StatusCode.Success, image.Format(512).Code);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 0, 256));
        Assert.False(commands.Memory[..0x20000].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void An_image_that_somebody_cuts_short_fails_where_there_is_nothing_left()
    {
        using var image = NvmeImage.Open(Path, new() { SizeInBytes = SizeInBytes });
        var commands = new CommandsOnMemory(image);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 16));
        using (var cut = Libc.open(Path, Libc.O_RDWR | Libc.O_CLOEXEC))
            Assert.Equal(0, Libc.ftruncate(cut, 6000));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 0, 8));
        foreach (var opcode in new[] { IoOpcode.Read, IoOpcode.Compare, IoOpcode.Verify })
            Assert.Equal(StatusCode.UnrecoveredReadError, commands.Execute(opcode, 8, 8));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 8, 8));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 8, 8));
    }

    [Fact]
    public void A_namespace_that_is_write_protected_says_so_and_stays_as_it_is()
    {
        File.WriteAllBytes(Path, CommandsOnMemory.Pattern(8192, 1));
        using (var image = NvmeImage.Open(Path, new() { IsReadOnly = true }))
        {
            var commands = new CommandsOnMemory(image);
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 0, 16));
            foreach (var opcode in new[] { IoOpcode.Write, IoOpcode.WriteZeroes })
                Assert.Equal(StatusCode.NamespaceWriteProtected, commands.Execute(opcode, 0, 1));
            Assert.Equal(StatusCode.NamespaceWriteProtected, commands.Deallocate(DatasetRange.Deallocate, (0, 1)));
            Assert.Equal(StatusCode.NamespaceWriteProtected, image.Format(512).Code);
            Assert.Equal(StatusCode.Success, Flush(commands));
        }

        Assert.Equal(CommandsOnMemory.Pattern(8192, 1), File.ReadAllBytes(Path));
    }

    private static StatusCode Flush(CommandsOnMemory commands) => commands.Execute(new() { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1u });

    /// <summary>A file in memory that fails as a test asks, and tells what was done with it.</summary>
    private sealed class FaultyFile() : ImageFile(Make())
    {
        public Errno OnRead { get; set; }

        public Errno OnWrite { get; set; }

        public Errno OnSynchronize { get; set; }

        public bool HasHoles { get; init; } = true;

        public int Synchronizations => Calls.Count(call => call == "synchronize");

        public List<string> Calls { get; } = [];

        public override Errno Read(FunctionHost host, long offset, ReadOnlySpan<MemorySegment> segments) =>
            OnRead != Errno.None ? OnRead : base.Read(host, offset, segments);

        public override Errno Read(long offset, Span<byte> destination) => OnRead != Errno.None ? OnRead : base.Read(offset, destination);

        public override Errno Write(FunctionHost host, long offset, ReadOnlySpan<MemorySegment> segments)
        {
            Calls.Add("write");
            return OnWrite != Errno.None ? OnWrite : base.Write(host, offset, segments);
        }

        public override Errno Write(long offset, ReadOnlySpan<byte> source) => OnWrite != Errno.None ? OnWrite : base.Write(offset, source);

        public override Errno PunchHole(long offset, long lengthInBytes) =>
            OnWrite != Errno.None ? OnWrite : HasHoles ? base.PunchHole(offset, lengthInBytes) : Errno.EOPNOTSUPP;

        public override Errno ZeroRange(long offset, long lengthInBytes)
        {
            Calls.Add("zero");
            return Errno.EOPNOTSUPP;
        }

        public override Errno Synchronize()
        {
            Calls.Add("synchronize");
            return OnSynchronize;
        }

        private static FileDescriptor Make()
        {
            var file = Libc.memfd_create("vfiosharp-test-image", Libc.MFD_CLOEXEC);
            Assert.Equal(0, Libc.ftruncate(file, SizeInBytes));
            return file;
        }
    }
}
