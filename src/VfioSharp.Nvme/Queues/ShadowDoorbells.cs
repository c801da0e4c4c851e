using System.Buffers.Binary;
using VfioSharp.Dma;

namespace VfioSharp.Nvme;

/// <summary>
/// The two pages of Doorbell Buffer Config (NVMe Base 2.0, 5.8): doorbells as words in memory, which an emulated controller reads when it
/// pleases, and beside each the value at which it wants to be told by the register too (EventIdx). Owns the pages, which last until the controller and
/// every queue pair that writes to them have let go.
/// </summary>
/// <remarks>As Linux and QEMU have it, the doorbells of the admin queues are not among them (drivers/nvme/host/pci.c, nvme_dbbuf_init).</remarks>
internal sealed unsafe class ShadowDoorbells : IDisposable
{
    private readonly MappedBuffer _pages;
    private readonly int _pageSizeInBytes;
    private readonly int _strideInBytes;
    private int _references = 1;

    /// <param name="space">The device's address space.</param>
    /// <param name="pageSizeInBytes">CC.MPS in bytes.</param>
    /// <param name="strideInBytes">How far apart two doorbells are (CAP.DSTRD).</param>
    /// <exception cref="VfioException">There is no memory for them.</exception>
    public ShadowDoorbells(DmaSpace space, int pageSizeInBytes, int strideInBytes)
    {
        _pageSizeInBytes = pageSizeInBytes;
        _strideInBytes = strideInBytes;
        _pages = MappedBuffer.Allocate(space, 2L * pageSizeInBytes, new DmaMapOptions { AlignmentInBytes = (ulong)pageSizeInBytes });
    }

    /// <summary>Both pages.</summary>
    public MappedBuffer Memory => _pages;

    /// <summary>PRP1 of Doorbell Buffer Config: the doorbells.</summary>
    public Iova Values => _pages.Iova;

    /// <summary>PRP2 of Doorbell Buffer Config: the values at which the controller wants to be told.</summary>
    public Iova EventIndexes => _pages.Iova + (ulong)_pageSizeInBytes;

    /// <summary>Whether the page has room for a queue pair's doorbells.</summary>
    public bool Holds(ushort queueId) => ((2L * queueId) + 2) * _strideInBytes <= _pageSizeInBytes;

    /// <summary>Starts the doorbell of a queue that is about to be created, and has nothing in it.</summary>
    /// <param name="queueId">QID.</param>
    /// <param name="isCompletionQueue">Whether it is the head of the completion queue, or the tail of the submission queue.</param>
    public ShadowDoorbell Start(ushort queueId, bool isCompletionQueue)
    {
        var offset = ((2L * queueId) + (isCompletionQueue ? 1 : 0)) * _strideInBytes;
        var start = (byte*)_pages.Buffer.Address + offset;
        return new ShadowDoorbell((uint*)start, (uint*)(start + _pageSizeInBytes));
    }

    /// <summary>Holds the pages for a queue pair, which disposes of this once more, too.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Lets go. The controller does not look at the pages any more when its own reference goes.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            _pages.Dispose();
    }
}

/// <summary>One doorbell in memory. It lives in the pages of <see cref="ShadowDoorbells"/>, which outlast it.</summary>
internal sealed unsafe class ShadowDoorbell
{
    private readonly uint* _value;
    private readonly uint* _eventIndex;

    public ShadowDoorbell(uint* value, uint* eventIndex)
    {
        _value = value;
        _eventIndex = eventIndex;
        *value = 0;
        *eventIndex = 0;
    }

    /// <summary>Writes the doorbell and says whether the register has to be written, too.</summary>
    /// <remarks>
    /// The entries that it tells of are visible before it: the write releases. The controller arms EventIdx, then looks at the value once more
    /// before it rests; so the value has to be visible before EventIdx is read, which takes a full barrier.
    /// </remarks>
    public bool Update(uint value)
    {
        var old = FromLittleEndian(*_value);
        Volatile.Write(ref *_value, FromLittleEndian(value));
        Interlocked.MemoryBarrier();
        var eventIndex = FromLittleEndian(Volatile.Read(ref *_eventIndex));
        // Whether EventIdx was passed, counted in 16 bit: from the old value, exclusive, to the new one, inclusive.
        return (ushort)(value - eventIndex - 1) < (ushort)(value - old);
    }

    private static uint FromLittleEndian(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
