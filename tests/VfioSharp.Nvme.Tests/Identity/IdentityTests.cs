using System.Buffers.Binary;
using FsCheck;
using FsCheck.Xunit;
using VfioSharp.Nvme.Identity;

namespace VfioSharp.Nvme.Tests.Identity;

public class IdentityTests
{
    private const int PageInBytes = 4096;
    private const int ModelNumber = 24;
    private const int MaxDataTransferShift = 77;
    private const int EntryLatency = 88;
    private const int SubmissionEntrySizes = 512;
    private const int CompletionEntrySizes = 513;
    private const int SubsystemName = 768;

    [Fact]
    public void Text_of_a_controller_loses_what_no_terminal_should_get()
    {
        var bytes = MakeController();
        "\u001b[2JDisk\u0007\0behind"u8.CopyTo(bytes.AsSpan(ModelNumber));
        "nqn.2014-08.org:\u202Ex\u009b\U0001F600é\0rest"u8.CopyTo(bytes.AsSpan(SubsystemName));
        bytes[SubsystemName + 40] = 0;

        var identity = ControllerIdentity.Parse(bytes, PageInBytes);

        Assert.Equal("?[2JDisk?", identity.ModelNumber);
        Assert.Equal("nqn.2014-08.org:?x?\U0001F600é", identity.SubsystemName);
    }

    [Property]
    public void Any_text_of_a_controller_is_printable(byte[] text)
    {
        var bytes = MakeController();
        text.AsSpan(0, Math.Min(text.Length, 256)).CopyTo(bytes.AsSpan(SubsystemName));
        text.AsSpan(0, Math.Min(text.Length, 40)).CopyTo(bytes.AsSpan(ModelNumber));

        var identity = ControllerIdentity.Parse(bytes, PageInBytes);

        Assert.DoesNotContain(identity.ModelNumber, character => character is < ' ' or > '~');
        Assert.DoesNotContain(identity.SubsystemName, char.IsControl);
        // What is no text on its own, half of a pair for instance, ends a writer of JSON.
        _ = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(identity.SubsystemName);
    }

    [Theory]
    [InlineData(0, 4096, null)]
    [InlineData(1, 4096, 8192)]
    [InlineData(5, 65536, 2 << 20)]
    [InlineData(18, 4096, 1 << 30)]
    [InlineData(19, 4096, null)]
    [InlineData(255, 4096, null)]
    [InlineData(255, 1 << 27, null)]
    public void The_limit_of_a_transfer_counts_in_the_smallest_page_and_never_overflows(byte shift, int page, int? expected)
    {
        var bytes = MakeController();
        bytes[MaxDataTransferShift] = shift;

        Assert.Equal(expected, ControllerIdentity.Parse(bytes, page).MaxTransferInBytes);
    }

    [Theory]
    [InlineData(0u, 5)]
    [InlineData(8_000_000u, 8)]
    [InlineData(uint.MaxValue, 60)]
    public void The_time_for_a_shutdown_is_the_controllers_within_reason(uint microseconds, int seconds)
    {
        var bytes = MakeController();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(EntryLatency), microseconds);

        Assert.Equal(TimeSpan.FromSeconds(seconds), ControllerIdentity.Parse(bytes, PageInBytes).ShutdownTimeout);
    }

    [Theory]
    [InlineData(SubmissionEntrySizes, 0x77)]
    [InlineData(SubmissionEntrySizes, 0x54)]
    [InlineData(CompletionEntrySizes, 0x55)]
    [InlineData(CompletionEntrySizes, 0x00)]
    public void A_controller_without_the_entry_sizes_of_each_controller_is_refused(int offset, byte sizes)
    {
        var bytes = MakeController();
        bytes[offset] = sizes;

        var exception = Assert.Throws<NvmeException>(() => ControllerIdentity.Parse(bytes, PageInBytes));

        Assert.Equal(NvmeFailure.ProtocolViolation, exception.Reason);
    }

    [Property]
    public void Descriptors_of_any_bytes_are_read_without_leaving_the_list(byte[] bytes)
    {
        var list = new byte[PageInBytes];
        bytes.CopyTo(list, PageInBytes - bytes.Length);
        bytes.AsSpan().CopyTo(list);

        var descriptors = NamespaceDescriptors.Parse(list);

        Assert.True(descriptors.Eui64 is null or { Length: 8 });
        Assert.True(descriptors.Nguid is null or { Length: 16 });
    }

    [Fact]
    public void Descriptors_are_found_among_unknown_ones_and_ones_of_a_wrong_length()
    {
        byte[] list =
        [
            9, 2, 0, 0, 1, 2,
            1, 4, 0, 0, 1, 2, 3, 4,
            1, 8, 0, 0, 0x52, 0x54, 0, 1, 2, 3, 4, 5,
            3, 16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
            4, 1, 0, 0, 2,
            0, 0, 0, 0,
            2, 16, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        ];

        var descriptors = NamespaceDescriptors.Parse(list);

        Assert.Equal([0x52, 0x54, 0, 1, 2, 3, 4, 5], descriptors.Eui64);
        Assert.Equal(Guid.Parse("00010203-0405-0607-0809-0a0b0c0d0e0f"), descriptors.Uuid);
        Assert.Equal((byte)2, descriptors.CommandSet);
        Assert.Null(descriptors.Nguid);
    }

    private static byte[] MakeController()
    {
        var bytes = new byte[PageInBytes];
        bytes[SubmissionEntrySizes] = 0x66;
        bytes[CompletionEntrySizes] = 0x44;
        return bytes;
    }
}
