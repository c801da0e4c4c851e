using System.Runtime.InteropServices;
using FsCheck.Xunit;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.Nvme.Io;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class SglTests
{
    private const int MemoryInBytes = 1 << 20;
    private const ulong Start = RecordingHost.Start;

    private readonly RecordingHost _host = new(MemoryInBytes);
    private readonly DataMap _map = new();

    [Property(MaxTest = 300)]
    public void Pieces_are_found_in_their_order_and_what_goes_nowhere_is_left_out(int seed)
    {
        var random = new Random(seed);
        var intoMemory = random.Next(2) == 0;
        var descriptors = new List<SglDescriptor>();
        var expected = new List<(ulong Iova, long DataOffset, long Length)>();
        var length = 0;
        for (var i = random.Next(1, 60); i > 0 || length == 0; i--)
        {
            var piece = random.Next(5) == 0 ? 0 : random.Next(1, 5000);
            var isBucket = random.Next(4) == 0;
            var address = (ulong)random.NextInt64(1L << 60);
            descriptors.Add(SglDescriptor.Of(isBucket ? SglDescriptorType.BitBucket : SglDescriptorType.DataBlock, address, (uint)piece));
            if (!isBucket && piece != 0)
                expected.Add((address, length, piece));
            length += isBucket && !intoMemory ? 0 : piece;
        }

        var command = new SubmissionEntry { Flags = 1 << 6, Sgl = Write(descriptors, random) };
        Assert.Equal(StatusCode.Success, Build(command, length, intoMemory));
        // The offset of a run is that of its first piece; the others follow.
        var places = new List<(ulong Iova, long DataOffset, long Length)>();
        for (var i = 0; i < _map.RunCount; i++)
        {
            var run = _map.GetRun(i, out var offset);
            foreach (var segment in run)
            {
                places.Add((segment.Iova, offset, segment.LengthInBytes));
                offset += segment.LengthInBytes;
            }
        }

        Assert.Equal(expected, places);
        Assert.Equal(StatusCode.DataSglLengthInvalid, Build(command, length + 1, intoMemory));
        if (length > 1)
            Assert.Equal(StatusCode.DataSglLengthInvalid, Build(command, length - 1, intoMemory));
    }

    [Property(MaxTest = 500)]
    public void Whatever_descriptors_say_the_walk_ends_with_the_data_or_a_status(int seed)
    {
        var random = new Random(seed);
        var memory = MemoryMarshal.Cast<byte, SglDescriptor>(_host.Memory.AsSpan());
        for (var i = 0; i < memory.Length; i++)
        {
            var kind = random.Next(10) switch { 0 => random.Next(16), 1 or 2 or 3 => random.Next(2, 4), _ => random.Next(2) };
            var address = Start + (ulong)random.Next(MemoryInBytes / 16) * 16;
            memory[i] = SglDescriptor.Of((SglDescriptorType)kind, address, (uint)random.Next(4) * 16);
        }

        var length = random.Next(1, 4096);
        var command = new SubmissionEntry { Flags = 1 << 6, Sgl = SglDescriptor.Of(SglDescriptorType.Segment, Start, (uint)random.Next(8) * 16) };
        if (Build(command, length, false) == StatusCode.Success)
            Assert.Equal(length, PrpTests.Sum(_map));
    }

    [Fact]
    public void A_list_that_leads_back_to_itself_ends()
    {
        Put(0, SglDescriptor.Of(SglDescriptorType.Segment, Start, 16));
        Assert.Equal(StatusCode.InvalidSglDescriptorCount, Build(Segment(SglDescriptorType.Segment, Start, 16), 512, true));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(8u)]
    [InlineData(24u)]
    public void A_segment_has_whole_descriptors(uint length)
    {
        foreach (var type in new[] { SglDescriptorType.Segment, SglDescriptorType.LastSegment })
            Assert.Equal(StatusCode.InvalidSglSegmentDescriptor, Build(Segment(type, Start, length), 512, true));
    }

    [Fact]
    public void A_segment_may_only_follow_at_the_end_and_not_behind_the_last()
    {
        Put(0, SglDescriptor.Of(SglDescriptorType.LastSegment, Start + 0x1000, 16));
        Put(1, SglDescriptor.Of(SglDescriptorType.DataBlock, 0x1000, 512));
        Put(256, SglDescriptor.Of(SglDescriptorType.DataBlock, 0x1000, 512));
        Assert.Equal(StatusCode.InvalidSglDescriptorCount, Build(Segment(SglDescriptorType.Segment, Start, 32), 1024, true));
        Assert.Equal(StatusCode.Success, Build(Segment(SglDescriptorType.Segment, Start, 16), 512, true));
        Assert.Equal(StatusCode.InvalidSglSegmentDescriptor, Build(Segment(SglDescriptorType.LastSegment, Start, 16), 512, true));
    }

    [Fact]
    public void Types_that_are_not_of_this_transport_are_refused()
    {
        foreach (var identifier in new byte[] { 0x40, 0x50, 0xf0, 0x01, 0x1f })
        {
            var descriptor = SglDescriptor.Of(SglDescriptorType.DataBlock, 0x1000, 512);
            descriptor.Identifier = identifier;
            Assert.Equal(StatusCode.SglDescriptorTypeInvalid, Build(new() { Flags = 1 << 6, Sgl = descriptor }, 512, true));
            Put(0, descriptor);
            Assert.Equal(StatusCode.SglDescriptorTypeInvalid, Build(Segment(SglDescriptorType.LastSegment, Start, 16), 512, true));
        }
    }

    [Fact]
    public void Addresses_do_not_go_round_and_segments_lie_in_memory()
    {
        var data = SglDescriptor.Of(SglDescriptorType.DataBlock, ulong.MaxValue - 100, 512);
        Assert.Equal(StatusCode.DataSglLengthInvalid, Build(new() { Flags = 1 << 6, Sgl = data }, 512, true));
        Assert.Equal(StatusCode.InvalidSglSegmentDescriptor, Build(Segment(SglDescriptorType.LastSegment, ulong.MaxValue - 8, 16), 512, true));
        Assert.Equal(StatusCode.DataTransferError, Build(Segment(SglDescriptorType.LastSegment, 0x1000, 16), 512, true));
    }

    [Fact]
    public void What_is_read_into_a_bucket_is_left_out_and_the_rest_arrives()
    {
        using var image = NvmeImage.InMemory(1 << 16);
        var commands = new CommandsOnMemory(image);
        var data = CommandsOnMemory.Pattern(4096, 3);
        data.CopyTo(commands.Memory);
        Assert.Equal(StatusCode.Success, commands.Execute(IoOpcode.Write, 0, 8));
        var list = MemoryMarshal.Cast<byte, SglDescriptor>(commands.Memory[0x1000..]);
        list[0] = SglDescriptor.Of(SglDescriptorType.BitBucket, 0, 1000);
        list[1] = SglDescriptor.Of(SglDescriptorType.DataBlock, Start + 0x2001, 2000);
        list[2] = SglDescriptor.Of(SglDescriptorType.BitBucket, 0, 96);
        list[3] = SglDescriptor.Of(SglDescriptorType.DataBlock, Start + 0x4000, 1000);
        var command = CommandsOnMemory.Make(IoOpcode.Read, 0, 8);
        command.Flags = 1 << 6;
        command.Sgl = SglDescriptor.Of(SglDescriptorType.LastSegment, Start + 0x1000, 64);
        Assert.Equal(StatusCode.Success, commands.Execute(command));
        Assert.Equal(data[1000..3000], commands.Memory.Slice(0x2001, 2000).ToArray());
        Assert.Equal(data[3096..], commands.Memory.Slice(0x4000, 1000).ToArray());
        Assert.Equal(0, commands.Memory[0x2000] | commands.Memory[0x2001 + 2000] | commands.Memory[0x4000 + 1000]);
    }

    private static SubmissionEntry Segment(SglDescriptorType type, ulong address, uint length) =>
        new() { Flags = 1 << 6, Sgl = SglDescriptor.Of(type, address, length) };

    private StatusCode Build(SubmissionEntry command, int length, bool intoMemory) => _map.Build(in command, length, 12, intoMemory, _host).Code;

    private void Put(int index, SglDescriptor descriptor) => MemoryMarshal.Cast<byte, SglDescriptor>(_host.Memory.AsSpan())[index] = descriptor;

    // In segments of any length, which lie anywhere; a single descriptor may stand in the command itself.
    private SglDescriptor Write(List<SglDescriptor> descriptors, Random random)
    {
        if (descriptors.Count == 1 && random.Next(2) == 0)
            return descriptors[0];
        var rest = CollectionsMarshal.AsSpan(descriptors);
        var isFirst = true;
        SglDescriptor first = default;
        var link = -1;
        for (var place = 0; ;)
        {
            var count = random.Next(1, rest.Length + 1);
            var isLast = count == rest.Length;
            var length = count + (isLast ? 0 : 1);
            var segment = SglDescriptor.Of(
                isLast ? SglDescriptorType.LastSegment : SglDescriptorType.Segment, Start + (ulong)(16 * place), (uint)(16 * length));
            if (isFirst)
                first = segment;
            else
                Put(link, segment);
            for (var i = 0; i < count; i++)
                Put(place + i, rest[i]);
            if (isLast)
                return first;
            isFirst = false;
            link = place + count;
            place += length + random.Next(300);
            rest = rest[count..];
        }
    }
}
