using System.Buffers.Binary;
using FsCheck.Xunit;
using VfioSharp.Nvme.Identity;

namespace VfioSharp.Nvme.Tests.Identity;

public class NamespaceIdentityTests
{
    private const int FormatCount = 25;
    private const int FormattedAs = 26;
    private const int Protection = 29;
    private const int Formats = 128;
    private const int MaxTransfer = 131072;

    [Fact]
    public void A_plain_namespace_can_be_used()
    {
        var identity = Parse(MakeNamespace(1000, 12));

        Assert.Null(identity.Obstacle);
        Assert.Equal(4096, identity.BlockSizeInBytes);
        Assert.Equal(1000ul, identity.SizeInBlocks);
        Assert.True(identity.Eui64.IsEmpty);
        Assert.Equal(Guid.Empty, identity.Uuid);
    }

    [Theory]
    [InlineData(8, 0, 0, 0, "2^8 bytes")]
    [InlineData(255, 0, 0, 0, "2^255 bytes")]
    [InlineData(20, 0, 0, 0, "a command moves at most")]
    [InlineData(9, 8, 0, 0, "8 bytes of metadata")]
    [InlineData(9, 0, 1, 0, "protected end to end (type 1)")]
    [InlineData(9, 0, 0, 7, "the format 7")]
    public void A_namespace_that_cannot_be_used_says_why(byte shift, byte metadata, byte protection, byte format, string why)
    {
        var bytes = MakeNamespace(1000, shift);
        bytes[Formats] = metadata;
        bytes[Protection] = protection;
        bytes[FormattedAs] = format;

        Assert.Contains(why, Parse(bytes).Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_of_more_bytes_than_64_bit_can_count_is_refused()
    {
        Assert.Null(Parse(MakeNamespace(long.MaxValue >> 9, 9)).Obstacle);
        Assert.NotNull(Parse(MakeNamespace((ulong)(long.MaxValue >> 9) + 1, 9)).Obstacle);
        Assert.NotNull(Parse(MakeNamespace(ulong.MaxValue, 9)).Obstacle);
    }

    [Fact]
    public void A_namespace_of_another_command_set_is_refused()
    {
        var identity = NamespaceIdentity.Parse(MakeNamespace(1, 9), NamespaceDescriptors.Parse(new byte[] { 4, 1, 0, 0, 2, 0, 0, 0, 0 }), MaxTransfer);

        Assert.Contains("zoned namespaces", identity.Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fastest_format_without_metadata_is_found()
    {
        var bytes = MakeNamespace(1000, 9);
        bytes[FormatCount] = 4;
        SetFormat(bytes, 1, 12, 8, 0);
        SetFormat(bytes, 2, 12, 0, 2);
        SetFormat(bytes, 3, 12, 0, 1);
        SetFormat(bytes, 4, 32, 0, 0);

        var identity = Parse(bytes);

        Assert.Equal(0, identity.FindFormat(512));
        Assert.Equal(3, identity.FindFormat(4096));
        Assert.Null(identity.FindFormat(8192));
        Assert.Null(identity.FindFormat(1));
    }

    [Property]
    public void Any_bytes_make_a_namespace_that_can_be_used_safely_or_says_why_not(int seed)
    {
        var bytes = new byte[4096];
        new Random(seed).NextBytes(bytes);
        // Such that not all of them fail at the first look.
        bytes[FormattedAs] &= 0x7;
        bytes[Formats + (4 * bytes[FormattedAs])] &= 1;
        bytes[Formats + (4 * bytes[FormattedAs]) + 1] = 0;
        bytes[Formats + (4 * bytes[FormattedAs]) + 2] %= 24;
        bytes[Protection] &= 1;

        var identity = Parse(bytes);

        if (identity.Obstacle is null)
        {
            Assert.InRange(identity.BlockSizeInBytes, 512, MaxTransfer);
            Assert.InRange((decimal)identity.SizeInBlocks * identity.BlockSizeInBytes, 0, long.MaxValue);
        }
    }

    private static NamespaceIdentity Parse(byte[] bytes) => NamespaceIdentity.Parse(bytes, NamespaceDescriptors.None, MaxTransfer);

    private static byte[] MakeNamespace(ulong blocks, byte shift)
    {
        var bytes = new byte[4096];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, blocks);
        bytes[FormatCount] = 3;
        SetFormat(bytes, 0, shift, 0, 0);
        return bytes;
    }

    private static void SetFormat(byte[] bytes, int number, byte shift, byte metadata, byte performance)
    {
        bytes[Formats + (4 * number)] = metadata;
        bytes[Formats + (4 * number) + 2] = shift;
        bytes[Formats + (4 * number) + 3] = performance;
    }
}
