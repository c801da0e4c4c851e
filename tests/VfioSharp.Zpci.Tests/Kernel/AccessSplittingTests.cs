using FsCheck.Xunit;
using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Tests.Kernel;

// arch/s390/include/asm/pci_io.h: zpci_get_max_io_size() since 80df7d6af7f6 (Linux 6.8), zpci_get_max_write_size() before.
public sealed class AccessSplittingTests
{
    private static readonly KernelVersion Old = new(6, 7);
    private static readonly KernelVersion New = new(6, 8);

    [Theory]
    [InlineData(256, "128 128")]
    [InlineData(136, "128 8")]
    [InlineData(24, "24")]
    [InlineData(20, "8 8 4")]
    [InlineData(12, "8 4")]
    [InlineData(7, "4 2 1")]
    [InlineData(1, "1")]
    public void An_aligned_store_is_split_by_size_from_6_8_on(int length, string expected) => Assert.Equal(expected, Split(New, 0, 0, length, 128));

    [Theory]
    [InlineData(24, "16 8")]
    [InlineData(12, "8 4")]
    [InlineData(7, "4 2 1")]
    [InlineData(256, "128 128")]
    public void An_aligned_store_is_split_by_alignment_until_6_7(int length, string expected) => Assert.Equal(expected, Split(Old, 0, 0, length, 128));

    [Fact]
    public void Eight_bytes_at_offset_4_are_one_access_from_6_8_on_and_two_before()
    {
        Assert.Equal("8", Split(New, 4, 0, 8, 8));
        Assert.Equal("4 4", Split(Old, 4, 4, 8, 8));
    }

    // Recording mio-linux-7.2: "buffer at page offset: 4092 len 16" stops after 4 bytes, since 8 at offset 4 cross a doubleword.
    [Fact]
    public void The_boundary_of_4_KiB_is_counted_from_the_buffer() => Assert.Equal("4 8 4", Split(New, 0, 4092, 16, 8));

    [Theory]
    [InlineData(64, "8 8 8 8 8 8 8 8")]
    [InlineData(9, "8 1")]
    public void A_load_has_no_more_than_8_bytes(int length, string expected) => Assert.Equal(expected, Split(New, 0, 0, length, 8));

    [Property]
    public void Every_byte_is_in_exactly_one_access(uint first, uint second, ushort length)
    {
        foreach (var kernel in new[] { Old, New })
        {
            var left = (ulong)(length % 4096 + 1);
            var total = 0ul;
            while (total < left)
            {
                var size = AccessSplitting.Next(kernel, first + total, second + total, left - total, 128);
                Assert.InRange(size, 1ul, Math.Min(128, left - total));
                Assert.True(size <= 8 || ((first + total) | (second + total) | size) % 8 == 0 || kernel == Old);
                total += size;
            }

            Assert.Equal(left, total);
        }
    }

    private static string Split(KernelVersion kernel, ulong first, ulong second, int length, ulong most)
    {
        var sizes = new List<ulong>();
        for (var left = (ulong)length; left > 0;)
        {
            var done = (ulong)length - left;
            sizes.Add(AccessSplitting.Next(kernel, first + done, second + done, left, most));
            left -= sizes[^1];
        }

        return string.Join(' ', sizes);
    }
}
