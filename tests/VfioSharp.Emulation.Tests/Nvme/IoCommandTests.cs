using VfioSharp.Emulation.Nvme;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class IoCommandTests : IDisposable
{
    private const int SizeInBytes = 1 << 20;
    private const uint Deallocates = 1 << 25;
    private const uint ForceUnitAccess = 1 << 30;

    private readonly NvmeImage _image = NvmeImage.InMemory(SizeInBytes);
    private readonly CommandsOnMemory _commands;

    public IoCommandTests() => _commands = new CommandsOnMemory(_image);

    public void Dispose() => _image.Dispose();

    [Theory]
    [InlineData(512, 1, 0)]
    [InlineData(512, 8, 0)]
    [InlineData(512, 3, 1540)]
    [InlineData(512, 9, 4)]
    [InlineData(512, 256, 512)]
    [InlineData(4096, 1, 0)]
    [InlineData(4096, 32, 2048)]
    public void What_was_written_is_read(int blockSize, int blocks, int offsetInPage)
    {
        using var image = NvmeImage.InMemory(SizeInBytes, blockSize);
        var commands = new CommandsOnMemory(image);
        var data = CommandsOnMemory.Pattern(blocks * blockSize, blocks);
        data.CopyTo(commands.Memory[offsetInPage..]);
        var address = CommandsOnMemory.Buffer + (ulong)offsetInPage;
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 5, blocks, address));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Read, 5, blocks, address + 0x40000));
        Assert.Equal(data, commands.Memory.Slice(0x40000 + offsetInPage, data.Length).ToArray());
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Compare, 5, blocks, address));
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Verify, 5, blocks));
        commands.Memory[offsetInPage + data.Length - 1] ^= 1;
        Assert.Equal(StatusCode.CompareFailure, commands.Execute(IoOpcode.Compare, 5, blocks, address));
        var counts = commands.Commands.Counts;
        Assert.Equal((2ul, 1ul), (counts.ReadCommands, counts.WriteCommands));
        Assert.Equal(((ulong)(3 * data.Length), (ulong)data.Length), (counts.BytesRead, counts.BytesWritten));
    }

    [Fact]
    public void Force_Unit_Access_and_Flush_succeed_for_one_namespace_and_for_all()
    {
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Write, 0, 1, flags: ForceUnitAccess));
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.WriteZeroes, 0, 1, flags: ForceUnitAccess));
        Assert.Equal(StatusCode.Success, _commands.Execute(new() { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1u }));
        Assert.Equal(StatusCode.Success, _commands.Execute(new() { Opcode = (byte)IoOpcode.Flush, NamespaceId = uint.MaxValue }));
    }

    [Theory]
    [InlineData(IoOpcode.Read)]
    [InlineData(IoOpcode.Write)]
    [InlineData(IoOpcode.Compare)]
    [InlineData(IoOpcode.WriteZeroes)]
    [InlineData(IoOpcode.Verify)]
    public void Blocks_beyond_the_last_are_out_of_range(IoOpcode opcode)
    {
        var end = _image.SizeInBlocks;
        Assert.Equal(StatusCode.Success, _commands.Execute(opcode, end - 1, 1));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Execute(opcode, end, 1));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Execute(opcode, end - 1, 2));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Execute(opcode, ulong.MaxValue, 1));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Execute(opcode, ulong.MaxValue - 1, 8));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Execute(opcode, 1ul << 55, 1));
    }

    [Theory]
    [InlineData(IoOpcode.Read, true)]
    [InlineData(IoOpcode.Write, true)]
    [InlineData(IoOpcode.Compare, true)]
    [InlineData(IoOpcode.WriteZeroes, false)]
    [InlineData(IoOpcode.Verify, false)]
    public void The_limit_of_a_transfer_holds_for_commands_that_move_data(IoOpcode opcode, bool moves)
    {
        Assert.Equal(StatusCode.Success, _commands.Execute(opcode, 0, 256));
        Assert.Equal(moves ? StatusCode.InvalidField : StatusCode.Success, _commands.Execute(opcode, 0, 257));
    }

    [Fact]
    public void Namespaces_opcodes_and_fusing_that_do_not_exist_are_refused()
    {
        foreach (var id in new[] { 0u, 2u, uint.MaxValue })
            Assert.Equal(StatusCode.InvalidNamespaceOrFormat, _commands.Execute(new() { Opcode = (byte)IoOpcode.Read, NamespaceId = id }));
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, _commands.Execute(new() { Opcode = (byte)IoOpcode.Flush, NamespaceId = 0u }));
        foreach (var opcode in new byte[] { 0x03, 0x04, 0x0d, 0x19, 0x80, 0xff })
            Assert.Equal(StatusCode.InvalidOpcode, _commands.Execute(new() { Opcode = opcode, NamespaceId = 1u }));
        Assert.Equal(StatusCode.InvalidField, _commands.Execute(new() { Opcode = (byte)IoOpcode.Compare, NamespaceId = 1u, Flags = 1 }));
    }

    [Fact]
    public void Zeroes_are_written_with_and_without_holes()
    {
        _commands.Memory[..0x20000].Fill(0x5a);
        foreach (var flags in new[] { 0u, Deallocates })
        {
            Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Write, 0, 256));
            Assert.Equal(0x20000, _image.GetAllocatedInBytes());
            Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.WriteZeroes, 3, 250, flags: flags));
            Assert.Equal(flags == 0, _image.GetAllocatedInBytes() == 0x20000);
            Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Read, 0, 256, CommandsOnMemory.Buffer + 0x40000));
            var read = _commands.Memory.Slice(0x40000, 0x20000);
            Assert.Equal((3 * 512, 253 * 512), (read.IndexOf((byte)0), read.LastIndexOf((byte)0) + 1));
            Assert.False(read[(3 * 512)..(253 * 512)].ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void Deallocated_blocks_become_holes_that_read_as_zeroes()
    {
        _commands.Memory[..0x20000].Fill(0x5a);
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Write, 0, 256));
        Assert.Equal(StatusCode.Success, _commands.Deallocate(0, (0, 256)));
        Assert.Equal(0x20000, _image.GetAllocatedInBytes());
        Assert.Equal(StatusCode.Success, _commands.Deallocate(DatasetRange.Deallocate, (8, 16), (64, 0), (128, 128)));
        Assert.Equal(0x20000 - 144 * 512, _image.GetAllocatedInBytes());
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Read, 0, 256, CommandsOnMemory.Buffer + 0x40000));
        for (var block = 0; block < 256; block++)
            Assert.Equal(block is (>= 8 and < 24) or >= 128 ? 0 : 0x5a, _commands.Memory[0x40000 + 512 * block]);
    }

    [Fact]
    public void A_range_beyond_the_last_block_keeps_the_others_from_being_deallocated()
    {
        _commands.Memory[..4096].Fill(0x5a);
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Write, 0, 8));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Deallocate(DatasetRange.Deallocate, (0, 8), (_image.SizeInBlocks - 1, 2)));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Deallocate(DatasetRange.Deallocate, (0, 8), (ulong.MaxValue, uint.MaxValue)));
        Assert.Equal(4096, _image.GetAllocatedInBytes());
        Assert.Equal(StatusCode.Success, _commands.Deallocate(DatasetRange.Deallocate, [.. Enumerable.Repeat((0ul, 8u), 256)]));
        Assert.Equal(0, _image.GetAllocatedInBytes());
    }

    [Fact]
    public void Memory_that_is_not_there_ends_a_transfer_and_nothing_else()
    {
        foreach (var opcode in new[] { IoOpcode.Read, IoOpcode.Write, IoOpcode.Compare })
            Assert.Equal(StatusCode.DataTransferError, _commands.Execute(opcode, 0, 8, 0x1000));
        var ranges = new SubmissionEntry { Opcode = (byte)IoOpcode.DatasetManagement, NamespaceId = 1u, Prp1 = 0x1000ul, Dword11 = DatasetRange.Deallocate };
        Assert.Equal(StatusCode.DataTransferError, _commands.Execute(ranges));
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Read, 0, 8));
        Assert.Equal(0ul, _commands.Commands.Counts.MediaErrors);
    }

    [Fact]
    public void Commands_allocate_nothing()
    {
        // A collection that another test brings about is counted as well, so that the least of several times counts.
        var least = long.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var succeeded = Run(200);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(succeeded);
        }

        Assert.Equal(0, least);

        bool Run(int times)
        {
            var succeeds = true;
            for (var i = 0; i < times; i++)
            {
                succeeds &= _commands.Execute(IoOpcode.Write, (ulong)i, 64) == StatusCode.Success
                    && _commands.Execute(IoOpcode.Read, (ulong)i, 64) == StatusCode.Success
                    && _commands.Execute(IoOpcode.Compare, (ulong)i, 8) == StatusCode.Success
                    && _commands.Execute(IoOpcode.WriteZeroes, (ulong)i, 8) == StatusCode.Success;
            }

            return succeeds;
        }
    }

    [Fact]
    public void Format_forgets_everything_and_changes_the_block()
    {
        _commands.Memory[..4096].Fill(0x5a);
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Write, 8, 8));
        Assert.Equal(StatusCode.Success, _image.Format(4096).Code);
        Assert.Equal((4096, 256ul, 0L), (_image.BlockSizeInBytes, _image.SizeInBlocks, _image.GetAllocatedInBytes()));
        Assert.Equal(StatusCode.Success, _commands.Execute(IoOpcode.Read, 1, 1));
        Assert.False(_commands.Memory[..4096].ContainsAnyExcept((byte)0));
        Assert.Equal(StatusCode.LbaOutOfRange, _commands.Execute(IoOpcode.Read, 256, 1));
        using var small = NvmeImage.InMemory(1024);
        Assert.Equal(StatusCode.InvalidFormat, small.Format(4096).Code);
        Assert.Equal(512, small.BlockSizeInBytes);
    }
}
