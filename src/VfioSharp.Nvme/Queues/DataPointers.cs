using System.Runtime.CompilerServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// Describes a command's data to the controller: by PRPs (NVMe Base 2.0, 4.1.1), or by an SGL (4.1.2) where the controller takes those and PRPs
/// would be longer or impossible. Each command slot has pages of its own for what does not fit in the command, so that nothing is allocated
/// per command, and a list stays as it is until its command is completed.
/// </summary>
internal sealed unsafe class DataPointers
{
    private const int EntryLength = sizeof(ulong);
    private const byte SglInCommand = (byte)((int)DataPointerKind.Sgl << 6);

    private readonly byte* _memory;
    private readonly ulong _iova;
    private readonly ulong _pageMask;
    private readonly int _pageSize;
    private readonly int _lengthPerSlot;
    private readonly bool _useSgl;

    /// <param name="memory">The slots' pages, which outlast this object.</param>
    /// <param name="iova">Where the controller finds them: a multiple of the page size.</param>
    /// <param name="pageSizeInBytes">CC.MPS in bytes.</param>
    /// <param name="maxTransferInBytes">The most bytes that a command moves.</param>
    /// <param name="useSgl">Whether the controller takes SGLs.</param>
    public DataPointers(byte* memory, ulong iova, int pageSizeInBytes, int maxTransferInBytes, bool useSgl)
    {
        _memory = memory;
        _iova = iova;
        _pageSize = pageSizeInBytes;
        _pageMask = (ulong)pageSizeInBytes - 1;
        _lengthPerSlot = LengthPerSlot(pageSizeInBytes, maxTransferInBytes);
        _useSgl = useSgl;
    }

    /// <summary>How many pieces the data of a command may have: as many SGL descriptors as a slot's pages hold, at most 256.</summary>
    public int MostPieces => Math.Min(256, _lengthPerSlot / SglDescriptor.SizeInBytes);

    /// <summary>How many bytes of pages a slot needs: at least one page, and the pages of the longest chain of PRP lists.</summary>
    public static int LengthPerSlot(int pageSizeInBytes, int maxTransferInBytes)
    {
        // Data that begins within a page touches one page more. The first is in the command; of every page of the list but the last, the last
        // entry leads on.
        var entries = (maxTransferInBytes + (long)pageSizeInBytes - 1) / pageSizeInBytes;
        var perPage = (pageSizeInBytes / EntryLength) - 1;
        var pages = Math.Max(1, (entries - 1 + perPage - 1) / perPage);
        return checked((int)pages * pageSizeInBytes);
    }

    /// <summary>Describes data in one piece.</summary>
    /// <param name="entry">The command.</param>
    /// <param name="slot">The slot whose pages are used.</param>
    /// <param name="data">The data; its address is a multiple of 4. Where there is none the command's pointers stay as they are: some admin commands have their own in them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Describe(ref SubmissionEntry entry, int slot, DataPiece data)
    {
        if (data.LengthInBytes == 0)
            return;
        entry.Prp1 = data.Iova;
        var inFirstPage = _pageSize - (long)(data.Iova & _pageMask);
        if (data.LengthInBytes <= inFirstPage)
            return;
        if (data.LengthInBytes <= inFirstPage + _pageSize)
            entry.Prp2 = data.Iova + (ulong)inFirstPage;
        else if (_useSgl)
            DescribeBySgl(ref entry, data);
        else
            DescribeByList(ref entry, slot, [data]);
    }

    /// <summary>Describes data in several pieces, in their order.</summary>
    /// <param name="entry">The command.</param>
    /// <param name="slot">The slot whose pages are used.</param>
    /// <param name="pieces">The pieces, none of them empty, at most <see cref="MostPieces"/>; their addresses are multiples of 4.</param>
    public void Describe(ref SubmissionEntry entry, int slot, ReadOnlySpan<DataPiece> pieces)
    {
        if (pieces.Length == 1)
        {
            Describe(ref entry, slot, pieces[0]);
            return;
        }

        if (_useSgl)
            DescribeBySgl(ref entry, slot, pieces);
        else
            DescribeByList(ref entry, slot, pieces);
    }

    /// <summary>Copies ranges for Dataset Management into the slot's pages, and describes those.</summary>
    /// <param name="entry">The command.</param>
    /// <param name="slot">The slot whose pages are used.</param>
    /// <param name="ranges">1 to <see cref="DatasetRange.MostRanges"/>, which fit in a page.</param>
    public void Describe(ref SubmissionEntry entry, int slot, ReadOnlySpan<DatasetRange> ranges)
    {
        ranges.CopyTo(new Span<DatasetRange>(_memory + ((long)slot * _lengthPerSlot), ranges.Length));
        entry.Prp1 = ListIova(slot);
    }

    /// <summary>Whether pieces can be described: by PRPs only where each but the first begins, and each but the last ends, at the end of a page.</summary>
    public bool CanDescribe(ReadOnlySpan<DataPiece> pieces)
    {
        if (_useSgl)
            return true;
        for (var i = 1; i < pieces.Length; i++)
        {
            if ((pieces[i].Iova & _pageMask) != 0 || (pieces[i - 1].End & _pageMask) != 0)
                return false;
        }

        return true;
    }

    private static void DescribeBySgl(ref SubmissionEntry entry, DataPiece data)
    {
        entry.Flags |= SglInCommand;
        entry.Sgl = SglDescriptor.Of(SglDescriptorType.DataBlock, data.Iova, (uint)data.LengthInBytes);
    }

    // The descriptors lie in one piece, so that one segment holds them, which is the last.
    private void DescribeBySgl(ref SubmissionEntry entry, int slot, ReadOnlySpan<DataPiece> pieces)
    {
        var list = (SglDescriptor*)(_memory + ((long)slot * _lengthPerSlot));
        for (var i = 0; i < pieces.Length; i++)
            list[i] = SglDescriptor.Of(SglDescriptorType.DataBlock, pieces[i].Iova, (uint)pieces[i].LengthInBytes);
        entry.Flags |= SglInCommand;
        entry.Sgl = SglDescriptor.Of(SglDescriptorType.LastSegment, ListIova(slot), (uint)(pieces.Length * SglDescriptor.SizeInBytes));
    }

    private ulong ListIova(int slot) => _iova + ((ulong)slot * (ulong)_lengthPerSlot);

    private void DescribeByList(ref SubmissionEntry entry, int slot, ReadOnlySpan<DataPiece> pieces)
    {
        var list = new ListWriter((Le64*)(_memory + ((long)slot * _lengthPerSlot)), ListIova(slot), _pageSize / EntryLength);
        entry.Prp1 = pieces[0].Iova;
        var remaining = PageCount(pieces) - 1;
        ulong first = 0;
        var count = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            // The page that the first piece begins in is in the command.
            var page = i == 0 ? (pieces[0].Iova & ~_pageMask) + (ulong)_pageSize : pieces[i].Iova;
            for (; page < pieces[i].End; page += (ulong)_pageSize)
            {
                first = count++ == 0 ? page : first;
                list.Add(page, remaining--);
            }
        }

        // A list of one entry is none: the page itself is PRP2.
        entry.Prp2 = count == 1 ? first : ListIova(slot);
    }

    private long PageCount(ReadOnlySpan<DataPiece> pieces)
    {
        long count = 0;
        foreach (var piece in pieces)
            count += (long)(((piece.Iova & _pageMask) + (ulong)piece.LengthInBytes + _pageMask) / (ulong)_pageSize);
        return count;
    }

    /// <summary>Writes a PRP list over consecutive pages.</summary>
    private ref struct ListWriter(Le64* list, ulong iova, int entriesPerPage)
    {
        private int _position;

        public void Add(ulong page, long remaining)
        {
            // The last entry of a page leads to the next page of the list, unless it is the last of all (4.1.1).
            if (_position % entriesPerPage == entriesPerPage - 1 && remaining > 1)
            {
                list[_position] = iova + ((ulong)(_position + 1) * EntryLength);
                _position++;
            }

            list[_position++] = page;
        }
    }
}
