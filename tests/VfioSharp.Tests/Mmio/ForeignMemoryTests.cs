using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Tests.Mmio;

public sealed class ForeignMemoryTests : IDisposable
{
    private readonly FileDescriptor _file = Libc.memfd_create("foreign-memory", Libc.MFD_CLOEXEC);

    public ForeignMemoryTests() => Assert.Equal(0, Libc.ftruncate(_file, 0x10000));

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData(0ul, 0x1000ul, 4096ul)]
    [InlineData(0x1234ul, 0x17ul, 4096ul)]
    [InlineData(0x3000ul, 0x2000ul, 0x4000ul)]
    public void A_part_of_a_file_begins_where_it_is_asked_for_also_between_pages(ulong fileOffset, ulong length, ulong pageSize)
    {
        using var memory = ForeignMemory.TryMap(_file, fileOffset, length, MappingAccess.ReadWrite, pageSize, out var errno);
        using var whole = ForeignMemory.TryMap(_file, 0, 0x10000, MappingAccess.Read, 4096, out _);
        Assert.Equal(Errno.None, errno);
        Assert.Equal(length, memory!.LengthInBytes);
        Assert.True(memory.TryWrite(length - 4, [1, 2, 3, 4]));
        var bytes = new byte[4];
        Assert.True(whole!.TryRead(fileOffset + length - 4, bytes));
        Assert.Equal([1, 2, 3, 4], bytes);
    }

    [Fact]
    public void What_does_not_lie_within_is_refused()
    {
        using var memory = ForeignMemory.TryMap(_file, 0, 0x1000, MappingAccess.ReadWrite, 4096, out _)!;
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.TryRead(0xffd, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.TryWrite(0x1000, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.TryRead(ulong.MaxValue, new byte[4]));
        Assert.True(memory.TryRead(0x1000, []));
    }

    [Theory]
    [InlineData(0ul, 0ul)]
    [InlineData(ulong.MaxValue, 1ul)]
    [InlineData((ulong)long.MaxValue, 1ul)]
    [InlineData(0ul, ulong.MaxValue)]
    public void A_part_that_no_file_can_have_is_EINVAL(ulong fileOffset, ulong length)
    {
        Assert.Null(ForeignMemory.TryMap(_file, fileOffset, length, MappingAccess.Read, 4096, out var errno));
        Assert.Equal(Errno.EINVAL, errno);
    }

    [Fact]
    public void After_disposal_there_is_nothing_to_reach()
    {
        var memory = ForeignMemory.TryMap(_file, 0, 0x1000, MappingAccess.ReadWrite, 4096, out _)!;
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.TryRead(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => memory.TryWrite(0, [1]));
    }

    [Fact]
    public void Memory_that_may_only_be_read_cannot_be_written()
    {
        using var memory = ForeignMemory.TryMap(_file, 0, 0x1000, MappingAccess.Read, 4096, out _)!;
        Assert.False(memory.TryWrite(0, [1]));
        Assert.True(memory.TryRead(0, new byte[1]));
    }
}
