using FsCheck.Xunit;
using VfioSharp.Dma;
using VfioSharp.IbmZ;
using VfioSharp.Regions;

namespace VfioSharp.Tests.IbmZ;

public sealed class ZpciCapabilitiesTests
{
    private static readonly InfoCapability OfNoMachineInParticular = new(5, 1, new byte[4]);

    [Fact]
    public void What_a_kernel_told_of_an_nvme_controller_is_read_as_it_was_meant()
    {
        var read = ZpciCapabilities.Read([ZpciBytes.Base(), ZpciBytes.Group(), ZpciBytes.FunctionPath(new byte[4])])!;

        Assert.Equal(new ZpciFunctionCapability(0x1_0000_0000, 0x1_3fff_ffff, 0, 0, 0, 0, 255, 0x8002_0000), read.Function);
        Assert.Equal(new IovaRange(new Iova(0x1_0000_0000), new Iova(0x1_3fff_ffff)), read.Function!.DmaWindow);
        Assert.Equal(new ZpciGroupCapability(0, 0xfe00_0000_0000_0000, 1, 4000, 128, 128, 0, 128), read.Group);
        Assert.True(read.Group!.NeedsRefresh);
        Assert.Null(read.UtilityString);
        Assert.Equal(new byte[4], read.FunctionPath);
        Assert.Empty(read.Problems);
    }

    [Fact]
    public void Each_field_lies_where_the_structure_has_it()
    {
        // Bytes that all differ: a field read from the wrong place, or in the wrong width, shows.
        var bytes = Enumerable.Range(1, 40).Select(value => (byte)value).ToArray();
        var read = ZpciCapabilities.Read([new InfoCapability(1, 2, bytes), new InfoCapability(2, 2, bytes)])!;

        Assert.Equal(
            new ZpciFunctionCapability(Word(1), Word(9), Half(17), Half(19), Half(21), 23, 24, (uint)Number(25, 4)), read.Function);
        Assert.Equal(
            new ZpciGroupCapability(Word(1), Word(9), Word(17), Half(25), Half(27), Half(29), 31, Half(33)), read.Group);

        static ulong Word(int first) => Number(first, 8);

        static ushort Half(int first) => (ushort)Number(first, 2);

        // The byte at the lowest address counts most on IBM Z and least elsewhere.
        static ulong Number(int first, int width)
        {
            var places = Enumerable.Range(0, width).Select(place => (Value: (ulong)(first + place), Place: place));
            return places.Aggregate(0ul, (sum, digit) => sum + (digit.Value << (8 * (BitConverter.IsLittleEndian ? digit.Place : width - 1 - digit.Place))));
        }
    }

    [Fact]
    public void Version_1_knows_neither_the_handle_nor_the_function_s_store_block_whatever_follows()
    {
        var first = ZpciBytes.Base();
        var second = ZpciBytes.Group();
        var read = ZpciCapabilities.Read([first with { Version = 1 }, second with { Version = 1 }])!;

        Assert.Equal((0x1_0000_0000ul, (uint?)null), (read.Function!.StartDma, read.Function.FunctionHandle));
        Assert.Equal(((ushort)128, (ushort?)null), (read.Group!.KernelStoreBlockInBytes, read.Group.FunctionStoreBlockInBytes));
        Assert.Empty(ZpciCapabilities.Read([ZpciBytes.Base(version: 1), ZpciBytes.Group(version: 1)])!.Problems);
    }

    [Fact]
    public void A_version_that_is_to_come_is_read_as_far_as_it_is_known() =>
        Assert.Equal(0x8002_0000u, ZpciCapabilities.Read([ZpciBytes.Base(version: 3)])!.Function!.FunctionHandle);

    [Fact]
    public void The_utility_string_is_ebcdic()
    {
        var field = new byte[64];
        new byte[] { 0xd6, 0xe2, 0xc1, 0x60, 0xf7, 0x40 }.CopyTo(field, 0);
        Assert.Equal("OSA-7", ZpciCapabilities.Read([ZpciBytes.UtilityString(field)])!.UtilityString);
    }

    [Fact]
    public void On_another_machine_there_is_nothing_to_read()
    {
        Assert.Null(ZpciCapabilities.Read([]));
        Assert.Null(ZpciCapabilities.Read([OfNoMachineInParticular]));
    }

    [Fact]
    public void A_capability_that_is_too_short_is_left_out_and_said_so_and_the_others_count()
    {
        var read = ZpciCapabilities.Read([ZpciBytes.Base(cutTo: 27), ZpciBytes.Group(), ZpciBytes.FunctionPath([1, 2, 3, 4], size: 5)])!;

        Assert.Null(read.Function);
        Assert.NotNull(read.Group);
        Assert.Empty(read.FunctionPath);
        Assert.Equal(
            [
                "The capability ZPCI_BASE has 27 bytes where version 2 has 28; it is left out.",
                "The capability ZPCI_PFIP says that it has 5 bytes, where 4 arrived and 4 are the most; it is left out.",
            ],
            read.Problems);
    }

    [Fact]
    public void A_window_that_ends_before_it_starts_and_a_version_0_are_not_believed()
    {
        var read = ZpciCapabilities.Read([ZpciBytes.Base(start: 0x2000, end: 0x1fff), ZpciBytes.Group() with { Version = 0 }])!;

        Assert.Null(read.Function!.DmaWindow);
        Assert.Equal(0x8002_0000u, read.Function.FunctionHandle);
        Assert.Null(read.Group);
        Assert.Equal(2, read.Problems.Count);
        Assert.Contains(read.Problems, problem => problem.Contains("0x2000-0x1fff, which ends before it starts", StringComparison.Ordinal));
        Assert.Contains(read.Problems, problem => problem.Contains("ZPCI_GROUP is of version 0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_text_longer_than_the_firmware_s_is_not_believed()
    {
        var read = ZpciCapabilities.Read([ZpciBytes.UtilityString(new byte[65])])!;
        Assert.Null(read.UtilityString);
        Assert.Single(read.Problems);
    }

    [Fact]
    public void Of_two_of_a_kind_the_first_counts() =>
        Assert.Equal(0x1000ul, ZpciCapabilities.Read([ZpciBytes.Base(start: 0x1000), ZpciBytes.Base()])!.Function!.StartDma);

    [Property]
    public void No_bytes_make_it_throw((ushort Id, ushort Version, byte[] Payload)[] capabilities)
    {
        var read = ZpciCapabilities.Read([.. capabilities.Select(capability => new InfoCapability((ushort)(capability.Id % 6), (ushort)(capability.Version % 4), capability.Payload))]);
        Assert.True(read is null || read.FunctionPath.Count <= 4);
    }
}
