using FsCheck.Xunit;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Native;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class MappedImageTests : IDisposable
{
    private const int SizeInBytes = 1 << 20;
    private const int ChunkInBlocks = 128;
    private const ulong OtherBuffer = CommandsOnMemory.Buffer + 0x40000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vfiosharp-");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Holes_that_are_read_stay_holes()
    {
        using var image = NvmeImage.InMemory(SizeInBytes);
        var commands = Mapped(image);
        commands.Memory.Fill(0x5a);
        for (var lba = 0u; lba < image.SizeInBlocks; lba += 64)
        {
            commands.Memory[..0x8000].Fill(0x5a);
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, lba, 64));
            Assert.False(commands.Memory[..0x8000].ContainsAnyExcept((byte)0));
        }

        Assert.Equal(0, image.GetAllocatedInBytes());
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 8, 8));
        for (var i = 0; i < 200; i++)
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, (ulong)i, 64));
        Assert.Equal(4096, image.GetAllocatedInBytes());
    }

    [Fact]
    public void Blocks_without_holes_are_copied_and_become_holes_again()
    {
        using var image = NvmeImage.InMemory(SizeInBytes);
        var commands = Mapped(image);
        var data = CommandsOnMemory.Pattern(2 * ChunkInBlocks * 512, 7);
        data.CopyTo(commands.Memory);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 2 * ChunkInBlocks));
        for (var i = 0; i < 200; i++)
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 100, 100, OtherBuffer));
        var copies = commands.Host.Copies;
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 100, 100, OtherBuffer));
        Assert.Equal(copies + 1, commands.Host.Copies);
        Assert.Equal(data[51200..102400], commands.Memory.Slice(0x40000, 51200).ToArray());

        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.WriteZeroes, 0, ChunkInBlocks, flags: 1 << 25));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 100, 100, OtherBuffer));
        Assert.Equal(ChunkInBlocks * 512, image.GetAllocatedInBytes());
        Assert.False(commands.Memory.Slice(0x40000, 28 * 512).ContainsAnyExcept((byte)0));
        Assert.Equal(data[65536..102400], commands.Memory.Slice(0x40000 + 28 * 512, 36864).ToArray());
    }

    [Property(MaxTest = 30)]
    public void An_image_holds_what_was_last_written_wherever_it_lies(int seed)
    {
        var random = new Random(seed);
        var kind = random.Next(3);
        var path = kind == 0 ? null : Path.Combine(kind == 1 ? "/dev/shm" : _folder.FullName, $"vfiosharp-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            using var image = path is null ? NvmeImage.InMemory(SizeInBytes) : NvmeImage.Open(path, new() { SizeInBytes = SizeInBytes });
            var commands = Mapped(image);
            var model = new byte[SizeInBytes];
            for (var i = 0; i < 400; i++)
                DoSomething(commands, model, random);
        }
        finally
        {
            if (path is not null)
                File.Delete(path);
        }
    }

    [Fact]
    public void An_image_in_memory_that_somebody_cuts_short_fails_and_nothing_else_happens()
    {
        var path = $"/dev/shm/vfiosharp-{Environment.ProcessId}-cut";
        try
        {
            using var image = NvmeImage.Open(path, new() { SizeInBytes = SizeInBytes });
            var commands = Mapped(image);
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 256));
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 128, 8));
            using (var cut = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC))
                Assert.Equal(0, Libc.ftruncate(cut, 8192));
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 0, 8));
            Assert.Equal(StatusCode.UnrecoveredReadError, commands.Execute(IoOpcode.Read, 128, 8));
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 128, 8));
            Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 128, 8));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static CommandsOnMemory Mapped(NvmeImage image) => new(image, isMapped: true);

    private static void DoSomething(CommandsOnMemory commands, byte[] model, Random random)
    {
        var blocks = random.Next(1, random.Next(4) == 0 ? 257 : 20);
        var lba = (ulong)random.Next(SizeInBytes / 512 - blocks + 1);
        var place = model.AsSpan((int)lba * 512, blocks * 512);
        switch (random.Next(8))
        {
            case 0:
                Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.WriteZeroes, lba, blocks, flags: random.Next(2) == 0 ? 0u : 1 << 25));
                place.Clear();
                break;
            case 1:
                Assert.Equal(StatusCode.Success, commands.Deallocate(DatasetRange.Deallocate, (lba, (uint)blocks)));
                place.Clear();
                break;
            case 2 or 3 or 4:
                random.NextBytes(commands.Memory[..place.Length]);
                commands.Memory[..place.Length].CopyTo(place);
                Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, lba, blocks));
                break;
            default:
                commands.Memory.Slice(0x40000, place.Length).Fill(0x5a);
                Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, lba, blocks, OtherBuffer));
                Assert.True(place.SequenceEqual(commands.Memory.Slice(0x40000, place.Length)), $"{blocks} blocks at {lba} differ.");
                break;
        }
    }
}
