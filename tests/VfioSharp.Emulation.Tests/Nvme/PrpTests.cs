using FsCheck.Xunit;
using VfioSharp.Emulation.Nvme.Io;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class PrpTests
{
    private const int MemoryInBytes = 1 << 20;
    private const ulong Start = RecordingHost.Start;

    private readonly RecordingHost _host = new(MemoryInBytes);
    private readonly DataMap _map = new();

    [Property(MaxTest = 400)]
    public void Pages_are_found_in_their_order_wherever_the_lists_lie(int seed)
    {
        var random = new Random(seed);
        var pageShift = random.Next(12, 15);
        var pageSize = 1 << pageShift;
        var offset = random.Next(pageSize / 4) * 4;
        var length = random.Next(1, 40 * pageSize);
        var pages = (offset + length + pageSize - 1) / pageSize;
        var addresses = new ulong[pages];
        for (var i = 0; i < pages; i++)
        {
            // Half of the pages follow the one before, as in most memory.
            addresses[i] = i > 0 && random.Next(2) == 0 ? addresses[i - 1] + (ulong)pageSize : (ulong)random.NextInt64(1, 1L << 40) << pageShift;
        }

        var command = new SubmissionEntry { Prp1 = addresses[0] + (ulong)offset };
        if (pages == 2)
            command.Prp2 = addresses[1];
        else if (pages > 2)
            command.Prp2 = WriteLists(addresses.AsSpan(1), pageSize, random);

        Assert.Equal(StatusCode.Success, _map.Build(in command, length, pageShift, random.Next(2) == 0, _host).Code);
        Assert.Equal(Bytes(addresses, offset, length, pageSize), Bytes(_map));
    }

    [Property(MaxTest = 300)]
    public void Whatever_lists_say_the_data_is_as_long_as_was_asked_for_or_there_is_a_status(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < MemoryInBytes; i += 8)
        {
            // Mostly addresses of pages here, so that lists lead on.
            var entry = random.Next(50) == 0 ? (ulong)random.NextInt64() : Start + ((ulong)random.Next(MemoryInBytes >> 12) << 12);
            BitConverter.TryWriteBytes(_host.Memory.AsSpan(i), entry);
        }

        var list = Start + (ulong)(random.Next(MemoryInBytes) & ~random.Next(8));
        var command = new SubmissionEntry { Prp1 = Start + (ulong)random.Next(MemoryInBytes), Prp2 = list };
        var length = random.Next(1, 16 << 20);
        var status = _map.Build(in command, length, 12, true, _host).Code;
        Assert.True(status is StatusCode.Success or StatusCode.PrpOffsetInvalid or StatusCode.DataTransferError, $"It ended with {status}.");
        if (status == StatusCode.Success)
            Assert.Equal(length, Sum(_map));
    }

    [Theory]
    [InlineData(0x1001ul, 0ul, 16)]
    [InlineData(0x1002ul, 0ul, 16)]
    [InlineData(0x1000ul, 0x2008ul, 8192)]
    [InlineData(0x1000ul, Start + 4, 16384)]
    public void An_offset_that_must_not_be_is_invalid(ulong prp1, ulong prp2, int length)
    {
        var command = new SubmissionEntry { Prp1 = prp1, Prp2 = prp2 };
        Assert.Equal(StatusCode.PrpOffsetInvalid, _map.Build(in command, length, 12, true, _host).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    public void An_offset_in_a_list_is_invalid_in_its_data_and_in_what_leads_on(int entry)
    {
        for (var i = 0; i < 512; i++)
            BitConverter.TryWriteBytes(_host.Memory.AsSpan(i * 8), 0x10000ul + (ulong)i * 4096);
        BitConverter.TryWriteBytes(_host.Memory.AsSpan(entry * 8), Start + 0x1008);
        var command = new SubmissionEntry { Prp1 = 0x1000ul, Prp2 = Start };
        Assert.Equal(StatusCode.PrpOffsetInvalid, _map.Build(in command, 600 * 4096, 12, true, _host).Code);
    }

    [Fact]
    public void A_list_that_is_no_memory_cannot_be_read()
    {
        var command = new SubmissionEntry { Prp1 = 0x1000ul, Prp2 = 0x2000ul };
        Assert.Equal(StatusCode.DataTransferError, _map.Build(in command, 3 * 4096, 12, true, _host).Code);
    }

    [Fact]
    public void Metadata_by_an_SGL_and_reserved_ways_are_refused()
    {
        foreach (var way in new byte[] { 2, 3 })
        {
            var command = new SubmissionEntry { Flags = (byte)(way << 6) };
            Assert.Equal(StatusCode.InvalidField, _map.Build(in command, 512, 12, true, _host).Code);
        }
    }

    /// <summary>Every byte of a map, by its address.</summary>
    internal static List<ulong> Bytes(DataMap map)
    {
        var bytes = new List<ulong>();
        for (var i = 0; i < map.RunCount; i++)
        {
            foreach (var segment in map.GetRun(i, out _))
            {
                for (var j = 0; j < segment.LengthInBytes; j += 4)
                    bytes.Add(segment.Iova + (ulong)j);
            }
        }

        return bytes;
    }

    internal static long Sum(DataMap map)
    {
        var sum = 0L;
        for (var i = 0; i < map.RunCount; i++)
        {
            foreach (var segment in map.GetRun(i, out _))
                sum += segment.LengthInBytes;
        }

        return sum;
    }

    // By fours, since data begins at such.
    private static List<ulong> Bytes(ulong[] addresses, int offset, int length, int pageSize)
    {
        var bytes = new List<ulong>();
        var isFirst = true;
        ulong next = 0;
        for (var i = 0; i < length; i++)
        {
            var place = offset + i;
            var address = addresses[place / pageSize] + (ulong)(place % pageSize);
            // A piece is told from the one before where the address leaps; within one, every fourth byte counts.
            if (isFirst || address != next)
                bytes.Add(address);
            else if ((address - bytes[^1]) == 4)
                bytes.Add(address);
            isFirst = false;
            next = address + 1;
        }

        return bytes;
    }

    // Lists one after another, the first at any place of its page, all at pages that no other has.
    private ulong WriteLists(ReadOnlySpan<ulong> entries, int pageSize, Random random)
    {
        var free = Enumerable.Range(0, MemoryInBytes / pageSize).OrderBy(_ => random.Next()).ToList();
        var page = TakePage();
        var place = page + (random.Next(2) == 0 ? 0 : random.Next(pageSize / 8) * 8);
        var first = Start + (ulong)place;
        while (true)
        {
            var places = (page + pageSize - place) / 8;
            var leadsOn = entries.Length > places;
            var count = leadsOn ? places - 1 : entries.Length;
            for (var i = 0; i < count; i++)
                BitConverter.TryWriteBytes(_host.Memory.AsSpan(place + 8 * i), entries[i]);
            entries = entries[count..];
            if (!leadsOn)
                return first;
            page = TakePage();
            BitConverter.TryWriteBytes(_host.Memory.AsSpan(place + 8 * count), Start + (ulong)page);
            place = page;
        }

        int TakePage()
        {
            var taken = free[^1];
            free.RemoveAt(free.Count - 1);
            return taken * pageSize;
        }
    }
}
