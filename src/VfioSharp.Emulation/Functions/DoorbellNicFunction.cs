using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// A function with the habits of a fast NIC, without a wire: each queue has a doorbell page of its own, which a driver may map on its own
/// and write with combined stores, and each doorbell ends as an entry in a completion ring in memory and an interrupt. Vendor 1af4, device
/// 10f1; all registers little-endian.
/// </summary>
/// <remarks>
/// <para>BAR 0, 16 KiB: 0x00 identity 0x43494e56 ("VNIC", read only, 32 bit); 0x04 number of queues (read only, 32 bit); 0x08 number of doorbells
/// taken (read only, 64 bit); 0x10 IOVA of the completion ring (64 bit); 0x18 entries in the ring, a power of two up to 65536, or 0 while
/// there is none (32 bit); 0x1c entries that could not be written (read only, 32 bit). 0x2000 MSI-X table, 0x3000 pending bits.</para>
/// <para>BAR 2, 64 KiB, prefetchable: a page of 4 KiB for each of the 16 queues. A write of 4 or 8 bytes at its offset 0 rings the doorbell with
/// that value; a block store of up to 128 bytes at 0x100 hands a descriptor over, whose first 8 bytes are the value. Reads give zeros.</para>
/// <para>An entry of the ring has 16 bytes: the value (64 bit), the queue (16 bit), the number of bytes handed over (16 bit), the entry's
/// sequence number from 1 on (32 bit). The interrupt is the queue's.</para>
/// </remarks>
public sealed partial class DoorbellNicFunction : PciFunction, IHasDoorbells
{
    /// <summary>How many queues there are.</summary>
    public const int QueueCount = 16;

    private const int RegisterBar = 0;
    private const int DoorbellBar = 2;
    private const int DoorbellPageLengthInBytes = 0x1000;
    private const int DescriptorOffset = 0x100;
    private const int EntryLengthInBytes = 16;
    private const uint MaximumEntries = 65536;
    private const int LongestDescriptorInBytes = 128;

    // Doorbells beyond those of a full ring are rung for entries that could not be read anyway.
    private const int MostRung = 65536;

    private readonly Queue<Ringing> _rung = new();
    private ulong _doorbellCount;
    private ulong _ring;
    private uint _entries;
    private uint _lost;
    private uint _sequence;

    // Which ring it is: another after a reset, and each time that its length is set.
    private uint _ringNumber;

    /// <summary>Makes a NIC after power-on.</summary>
    public DoorbellNicFunction()
        : base(
            new PciIdentity(0x1af4, 0x10f1, new ClassCode(0x020000)),
            [new FunctionBar(RegisterBar, 0x4000), new FunctionBar(DoorbellBar, QueueCount * DoorbellPageLengthInBytes, isPrefetchable: true)],
            new MsixTable(RegisterBar, QueueCount, 0x2000, 0x3000)) => Config.AddExpressEndpoint(hasFunctionLevelReset: true);

    /// <summary>
    /// The doorbells of all queues, as writes of 4 bytes. Those of a queue that come as events between two looks are one, of the last value: as with
    /// any queue, that says how far the driver has come.
    /// </summary>
    public IReadOnlyList<Doorbell> Doorbells { get; } = Enumerable.Range(0, QueueCount)
        .Select(queue => new Doorbell(DoorbellBar, (ulong)(queue * DoorbellPageLengthInBytes), sizeof(uint)) { KeepsValue = true })
        .ToArray();

    /// <inheritdoc/>
    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        Span<byte> registers = stackalloc byte[0x20];
        registers.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(registers, 0x4349_4e56);
        BinaryPrimitives.WriteUInt32LittleEndian(registers[0x04..], QueueCount);
        BinaryPrimitives.WriteUInt64LittleEndian(registers[0x08..], _doorbellCount);
        BinaryPrimitives.WriteUInt64LittleEndian(registers[0x10..], _ring);
        BinaryPrimitives.WriteUInt32LittleEndian(registers[0x18..], _entries);
        BinaryPrimitives.WriteUInt32LittleEndian(registers[0x1c..], _lost);
        destination.Clear();
        if (bar == RegisterBar && offset + (ulong)destination.Length <= (ulong)registers.Length)
            registers.Slice((int)offset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (bar == DoorbellBar)
        {
            if (offset % DoorbellPageLengthInBytes == 0 && source.Length >= sizeof(uint))
                Ring(offset, source, 0);
            return;
        }

        switch (offset, source.Length)
        {
            case (0x10, sizeof(ulong)):
                _ring = BinaryPrimitives.ReadUInt64LittleEndian(source);
                break;
            case (0x18, sizeof(uint)):
                var entries = BinaryPrimitives.ReadUInt32LittleEndian(source);
                _entries = entries <= MaximumEntries && (entries & (entries - 1)) == 0 ? entries : 0;
                _sequence = 0;
                _ringNumber++;
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnStoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (bar == DoorbellBar && offset % DoorbellPageLengthInBytes == DescriptorOffset && source.Length <= LongestDescriptorInBytes)
            Ring(offset, source[..sizeof(ulong)], source.Length);
        else
            base.OnStoreBlock(bar, offset, source);
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        _rung.Clear();
        (_doorbellCount, _ring, _entries, _lost, _sequence) = (0, 0, 0, 0, 0);
        _ringNumber++;
    }

    /// <inheritdoc/>
    protected override void DoWork(FunctionHost host)
    {
        Span<byte> entry = stackalloc byte[EntryLengthInBytes];
        while (_rung.Count != 0)
        {
            var ringing = _rung.Dequeue();
            if (_entries == 0)
                continue;
            BinaryPrimitives.WriteUInt64LittleEndian(entry, ringing.Value);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], ringing.Queue);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], ringing.HandedOver);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], _sequence + 1);
            var ringNumber = _ringNumber;
            var isWritten = host.WriteMemory(_ring + (ulong)(_sequence & (_entries - 1)) * EntryLengthInBytes, entry);
            // The driver may have set up another ring while the host's memory was waited for.
            if (ringNumber != _ringNumber)
                continue;
            if (!isWritten)
            {
                _lost++;
                continue;
            }

            _sequence++;
            host.SignalInterrupt(ringing.Queue);
        }
    }

    private void Ring(ulong offset, ReadOnlySpan<byte> value, int handedOver)
    {
        _doorbellCount++;
        if (_rung.Count == MostRung)
        {
            _lost++;
            return;
        }

        _rung.Enqueue(new Ringing(
            value.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(value) : BinaryPrimitives.ReadUInt32LittleEndian(value),
            (ushort)(offset / DoorbellPageLengthInBytes),
            (ushort)handedOver));
        RequestWork();
    }

    private readonly record struct Ringing(ulong Value, ushort Queue, ushort HandedOver);
}
