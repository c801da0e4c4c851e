using FsCheck.Xunit;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Tests.Mmio;

public sealed unsafe class GuardedCopyTests : IDisposable
{
    private const int Length = 64 << 10;

    private readonly FileDescriptor _file = Libc.memfd_create("guarded-copy", Libc.MFD_CLOEXEC);
    private readonly byte* _memory;

    public GuardedCopyTests()
    {
        Assert.Equal(0, Libc.ftruncate(_file, Length));
        _memory = (byte*)Libc.mmap(null, Length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, _file, 0);
        Assert.True(_memory != Libc.MapFailed);
    }

    public void Dispose()
    {
        Assert.Equal(0, Libc.munmap(_memory, Length));
        _file.Dispose();
    }

    [Property]
    public void Bytes_arrive_whatever_their_place_and_number(ushort offset, byte[] bytes, bool byKernel)
    {
        var place = _memory + offset % (Length - bytes.Length);
        new Span<byte>(_memory, Length).Fill(0xee);
        Assert.True(byKernel ? GuardedCopy.TryWriteByKernel(place, bytes) : GuardedCopy.TryWrite(place, bytes));
        Assert.Equal(bytes, new ReadOnlySpan<byte>(place, bytes.Length).ToArray());
        Assert.Equal(
            Length - bytes.Length,
            new ReadOnlySpan<byte>(_memory, Length).ToArray().Count(value => value == 0xee) - bytes.Count(value => value == 0xee));
        var back = new byte[bytes.Length];
        Assert.True(byKernel ? GuardedCopy.TryReadByKernel(place, back) : GuardedCopy.TryRead(place, back));
        Assert.Equal(bytes, back);
    }

    [Property]
    public void Bytes_of_many_arrive_whatever_their_place_and_number(ushort offset, ushort number)
    {
        var length = number % 9000;
        var bytes = new byte[length];
        new Random(number).NextBytes(bytes);
        var place = _memory + 1 + offset % (Length / 2 - length - 2);
        new Span<byte>(_memory, Length).Fill(0xee);
        Assert.True(GuardedCopy.TryWrite(place, bytes));
        Assert.True(GuardedCopy.TryCopy(_memory + Length / 2 + 3, place, length));
        var back = new byte[length];
        Assert.True(GuardedCopy.TryRead(_memory + Length / 2 + 3, back));
        Assert.Equal(bytes, back);
        Assert.Equal((0xee, 0xee), (place[-1], place[length]));
        Assert.Equal((0xee, 0xee), (_memory[Length / 2 + 2], _memory[Length / 2 + 3 + length]));
    }

    [Fact]
    public void A_copy_between_memory_that_was_cut_off_and_memory_that_was_not_fails_on_either_side()
    {
        var faults = MmioSupport.RecoveredFaults;
        Assert.Equal(0, Libc.ftruncate(_file, 8192));
        foreach (var length in new[] { 1, 200, 4096, 5000 })
        {
            Assert.False(GuardedCopy.TryCopy(_memory + 16384, _memory, length));
            Assert.False(GuardedCopy.TryCopy(_memory, _memory + 16384, length));
            Assert.False(GuardedCopy.TryRead(_memory + 8192, new byte[length]));
            Assert.False(GuardedCopy.TryWrite(_memory + 8192, new byte[length]));
        }

        Assert.True(GuardedCopy.TryCopy(_memory, _memory + 4096, 4096));
        Assert.False(GuardedCopy.TryCopy(_memory, _memory + 4097, 4096));
        Assert.True(!MmioSupport.IsGuarded || MmioSupport.RecoveredFaults >= faults + 17);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_cut_off_cannot_be_copied_and_nothing_else_happens(bool byKernel)
    {
        Assert.Equal(0, Libc.ftruncate(_file, 4096));
        var bytes = new byte[32];
        foreach (var offset in new[] { 4096, 4096 - 16, 4096 - 3, Length - 32 })
        {
            Assert.False(byKernel ? GuardedCopy.TryReadByKernel(_memory + offset, bytes) : GuardedCopy.TryRead(_memory + offset, bytes));
            Assert.False(byKernel ? GuardedCopy.TryWriteByKernel(_memory + offset, bytes) : GuardedCopy.TryWrite(_memory + offset, bytes));
        }

        Assert.True(byKernel ? GuardedCopy.TryReadByKernel(_memory, bytes) : GuardedCopy.TryRead(_memory, bytes));
    }
}
