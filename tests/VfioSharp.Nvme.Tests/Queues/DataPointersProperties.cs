using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Xunit;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Queues;

/// <summary>
/// Descriptions of data against a walker that reads them as a controller does (NVMe Base 2.0, 4.1.1 and 4.1.2), byte by byte of the entry and of memory.
/// </summary>
public sealed unsafe class DataPointersProperties : IDisposable
{
    private const int Slots = 3;
    private const ulong ListIova = 0x7_0000_0000;

    private readonly List<nint> _memory = [];

    public void Dispose()
    {
        foreach (var memory in _memory)
            Marshal.FreeHGlobal(memory);
    }

    [Property(MaxTest = 500)]
    public void Prps_cover_exactly_the_data(uint start, uint length, bool usesLargePages, byte slot)
    {
        var page = usesLargePages ? 65536 : 4096;
        const int maxTransfer = 9 << 20;
        var data = new DataPiece(0x10_0000_0000 + (start % 0x40000 * 4ul), 4 + (length % (maxTransfer / 4) * 4L));
        var (pointers, walker) = Make(page, maxTransfer, useSgl: false);
        var entry = default(SubmissionEntry);
        pointers.Describe(ref entry, slot % Slots, data);
        Assert.Equal([data], walker.Walk(entry, data.LengthInBytes, slot % Slots));
    }

    [Theory]
    [InlineData(4096, 1 << 12)]
    [InlineData(4096, 1 << 20)]
    [InlineData(4096, (512 << 12) - 4096)]
    [InlineData(4096, 512 << 12)]
    [InlineData(4096, (512 << 12) + 4096)]
    [InlineData(4096, 1023 << 12)]
    [InlineData(4096, 1024 << 12)]
    [InlineData(4096, (1025 << 12) + 8192)]
    [InlineData(65536, 16 << 20)]
    public void The_longest_transfer_fits_wherever_it_begins(int page, int maxTransfer)
    {
        var (pointers, walker) = Make(page, maxTransfer, useSgl: false);
        foreach (var offset in new[] { 0, 4, 512, page - 512, page - 4 })
        {
            for (var slot = 0; slot < Slots; slot++)
            {
                var data = new DataPiece(0x100_0000_0000 + (ulong)offset, maxTransfer);
                var entry = default(SubmissionEntry);
                pointers.Describe(ref entry, slot, data);
                Assert.Equal([data], walker.Walk(entry, data.LengthInBytes, slot));
            }
        }
    }

    [Property(MaxTest = 300)]
    public void Pieces_that_meet_at_pages_are_described_by_prps(PositiveInt seed, byte slot)
    {
        var random = new Random(seed.Get);
        var pieces = new DataPiece[random.Next(2, 20)];
        for (var i = 0; i < pieces.Length; i++)
        {
            var startOffset = i == 0 ? random.Next(1024) * 4 : 0;
            var endOffset = i == pieces.Length - 1 ? random.Next(1024) * 4 : 0;
            pieces[i] = new DataPiece(((ulong)(i + 1) << 32) + (ulong)startOffset, (random.Next(1, 40) * 4096) - startOffset + endOffset);
        }

        var (pointers, walker) = Make(4096, 4 << 20, useSgl: false);
        Assert.True(pointers.CanDescribe(pieces));
        var entry = default(SubmissionEntry);
        pointers.Describe(ref entry, slot % Slots, pieces);
        Assert.Equal(pieces, walker.Walk(entry, pieces.Sum(piece => piece.LengthInBytes), slot % Slots));
    }

    [Property(MaxTest = 300)]
    public void Pieces_of_any_kind_are_described_by_an_sgl(PositiveInt seed, byte slot)
    {
        var random = new Random(seed.Get);
        var pieces = new DataPiece[random.Next(1, 257)];
        for (var i = 0; i < pieces.Length; i++)
            pieces[i] = new DataPiece(((ulong)(i + 1) << 32) + ((ulong)random.Next(100_000) * 4), random.Next(1, 100_000) * 4L);
        var (pointers, walker) = Make(4096, 1 << 20, useSgl: true);
        Assert.Equal(256, pointers.MostPieces);
        var entry = default(SubmissionEntry);
        pointers.Describe(ref entry, slot % Slots, pieces);
        Assert.Equal(pieces, walker.Walk(entry, pieces.Sum(piece => piece.LengthInBytes), slot % Slots));
    }

    [Fact]
    public void Pieces_that_do_not_meet_at_pages_need_sgls()
    {
        var (pointers, _) = Make(4096, 1 << 20, useSgl: false);
        Assert.False(pointers.CanDescribe([new DataPiece(0x1000, 512), new DataPiece(0x2000, 512)]));
        Assert.False(pointers.CanDescribe([new DataPiece(0x1000, 4096), new DataPiece(0x2200, 512)]));
        Assert.True(pointers.CanDescribe([new DataPiece(0x1200, 0xe00), new DataPiece(0x5000, 512)]));
    }

    [Fact]
    public void Ranges_are_copied_to_the_slots_page()
    {
        var (pointers, walker) = Make(4096, 1 << 20, useSgl: true);
        var entry = default(SubmissionEntry);
        var ranges = Enumerable.Range(1, 256).Select(i => new DatasetRange { StartLba = (ulong)i << 33, LengthInBlocks = (uint)i }).ToArray();
        pointers.Describe(ref entry, 2, ranges);
        Assert.Equal((0, 0ul), (entry.Flags, entry.Prp2.Value));
        for (var i = 0; i < ranges.Length; i++)
        {
            Assert.Equal((ulong)(i + 1) << 32, walker.Read(entry.Prp1.Value + ((ulong)i * 16)));
            Assert.Equal((ulong)(i + 1) << 33, walker.Read(entry.Prp1.Value + ((ulong)i * 16) + 8));
        }
    }

    private (DataPointers Pointers, Walker Walker) Make(int page, int maxTransfer, bool useSgl)
    {
        var perSlot = DataPointers.LengthPerSlot(page, maxTransfer);
        var memory = (byte*)Marshal.AllocHGlobal(Slots * perSlot);
        _memory.Add((nint)memory);
        new Span<byte>(memory, Slots * perSlot).Fill(0xee);
        return (new DataPointers(memory, ListIova, page, maxTransfer, useSgl), new Walker(memory, perSlot, page));
    }

    /// <summary>Reads descriptions as a controller does. What lies side by side is joined, unless it begins a piece in an SGL.</summary>
    private sealed class Walker(byte* memory, int lengthPerSlot, int page)
    {
        private ulong _slotStart;

        public ulong Read(ulong iova)
        {
            var offset = iova - ListIova;
            Assert.InRange(offset, 0ul, (ulong)(Slots * lengthPerSlot) - 8);
            return BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(memory + offset, 8));
        }

        public List<DataPiece> Walk(SubmissionEntry entry, long length, int slot)
        {
            _slotStart = ListIova + (ulong)(slot * lengthPerSlot);
            var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref entry, 1));
            var (first, second) = (BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]));
            return bytes[1] >> 6 == 1 ? WalkSgl(first, second) : WalkPrps(first, second, length);
        }

        private ulong ReadOfSlot(ulong iova)
        {
            Assert.InRange(iova, _slotStart, _slotStart + (ulong)lengthPerSlot - 8);
            return Read(iova);
        }

        private List<DataPiece> WalkPrps(ulong first, ulong second, long length)
        {
            var pageMask = (ulong)page - 1;
            var found = new List<DataPiece>();
            Assert.Equal(0ul, first & 3);
            length -= Add(found, first, Math.Min(length, page - (long)(first & pageMask)));
            if (length == 0)
            {
                Assert.Equal(0ul, second);
                return found;
            }

            if (length <= page)
            {
                Assert.Equal(0ul, second & pageMask);
                Add(found, second, length);
                return found;
            }

            Assert.Equal(0ul, second & 7);
            while (length > 0)
            {
                // The last entry of a page of the list leads on where more than a page of data is left.
                var isLast = (second & pageMask) == pageMask - 7;
                var prp = ReadOfSlot(second);
                Assert.Equal(0ul, prp & pageMask);
                if (isLast && length > page)
                {
                    second = prp;
                    continue;
                }

                length -= Add(found, prp, Math.Min(length, page));
                second += 8;
            }

            return found;
        }

        private List<DataPiece> WalkSgl(ulong address, ulong lengthAndType)
        {
            var found = new List<DataPiece>();
            switch (lengthAndType >> 56)
            {
                case 0x00:
                    found.Add(new DataPiece(address, (uint)lengthAndType));
                    break;
                case 0x30:
                    Assert.Equal(0u, (uint)lengthAndType % 16);
                    for (ulong offset = 0; offset < (uint)lengthAndType; offset += 16)
                    {
                        var second = ReadOfSlot(address + offset + 8);
                        Assert.Equal(0ul, second >> 32);
                        found.Add(new DataPiece(ReadOfSlot(address + offset), (uint)second));
                    }

                    break;
                default:
                    Assert.Fail($"A descriptor of type 0x{lengthAndType >> 56:x}.");
                    break;
            }

            return found;
        }

        private static long Add(List<DataPiece> found, ulong address, long length)
        {
            if (found.Count > 0 && found[^1].End == address)
                found[^1] = found[^1] with { LengthInBytes = found[^1].LengthInBytes + length };
            else
                found.Add(new DataPiece(address, length));
            return length;
        }
    }
}
