using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// A function to try a way in with: memory that counts each access by its width, a part that is shared memory, an interrupt for each vector at
/// the driver's wish, and a DMA engine. Vendor 1af4, device 10f0; all registers little-endian.
/// </summary>
/// <remarks>
/// <para>BAR 0, 16 KiB: 0x0000 registers, see below; 0x1000 to 0x2fff shared memory, or scratch RAM where that is not wanted; 0x3000 to 0x3fff
/// scratch RAM. BAR 2, 4 KiB: the same scratch RAM as at 0x3000 of BAR 0. BAR 4, 4 KiB: the MSI-X table, and at 0x800 the pending bits.</para>
/// <para>Registers, read with any width, written with their own: 0x00 identity 0x54524353 ("SCRT", read only, 32 bit); 0x04 version 0x00010000 (read
/// only, 32 bit); 0x08 features, bit 0 set where 0x1000 is shared memory (read only, 32 bit); 0x0c number of vectors (read only, 32 bit); 0x10 the
/// vector to signal, which a write does (32 bit); 0x14 a write makes the counters 0 (32 bit); 0x18 how many interrupts were signalled (read only,
/// 32 bit).</para>
/// <para>Counters, of accesses to scratch RAM, read only, 64 bit: 0x100 to 0x118 reads of 1, 2, 4 and 8 bytes; 0x120 to 0x138 writes of 1, 2, 4 and 8
/// bytes; 0x140 block stores. Of the last of these accesses: 0x148 its offset in the BAR (64 bit); 0x150 its width in bytes (32 bit); 0x154 its
/// BAR, with bit 8 set for a write (32 bit); 0x158 its value, of a block store the first 8 bytes (64 bit).</para>
/// <para>DMA: 0x40 source (64 bit); 0x48 destination (64 bit); 0x50 length in bytes, up to 1 MiB (32 bit); 0x54 command, which starts it (32 bit):
/// 1 from memory to the function's, 2 from the function's memory to memory, 3 from memory to memory; bit 8 asks for an interrupt at the end, by
/// the vector in bits 31:16. 0x58 status (32 bit): bit 0 while it runs, bit 1 when it is done, bit 2 beside that where it failed; 0x5c how many
/// bytes were moved (read only, 32 bit). Memory is meant by its IOVA, the function's by its offset in BAR 0, from 0x1000 on.</para>
/// </remarks>
public sealed partial class ScratchFunction : PciFunction
{
    /// <summary>How many vectors it has, by MSI-X and by MSI.</summary>
    public const int VectorCount = 8;

    private const int MainBar = 0;
    private const int RamBar = 2;
    private const int PageLengthInBytes = 0x1000;
    private const int SharedStart = 0x1000;
    private const int SharedLengthInBytes = 0x2000;
    private const int RamStart = 0x3000;
    private const int MainLengthInBytes = 0x4000;
    private const uint Identity32 = 0x5452_4353;
    private const uint Version = 0x0001_0000;
    private const ulong SerialNumber = 0x5452_4353_0000_0001;

    private const int FeaturesRegister = 0x08;
    private const int TriggerRegister = 0x10;
    private const int ClearRegister = 0x14;
    private const int SignalledRegister = 0x18;
    private const int CountersStart = 0x100;
    private const int CountersEnd = 0x160;

    private readonly byte[] _registers = new byte[PageLengthInBytes];

    // What is trapped from 0x1000 on, at its offset less that; with shared memory only the last page of it is used.
    private readonly byte[] _ram = new byte[MainLengthInBytes - SharedStart];
    private readonly SharedBarMemory? _shared;

    /// <summary>Makes one after power-on.</summary>
    /// <param name="hasSharedMemory">
    /// Whether 0x1000 to 0x2fff of BAR 0 is shared memory. A function without any gets its writes from QEMU without waiting for the answer
    /// (posted), one with some does not.
    /// </param>
    /// <exception cref="VfioException">There is no memory to share, or no descriptor.</exception>
    public ScratchFunction(bool hasSharedMemory = true)
        : base(
            new PciIdentity(0x1af4, 0x10f0, new ClassCode(0x00ff00)) { RevisionId = 1 },
            [
                new FunctionBar(MainBar, MainLengthInBytes) { SharedAreas = hasSharedMemory ? [new RegionArea(SharedStart, SharedLengthInBytes)] : [] },
                new FunctionBar(RamBar, PageLengthInBytes),
                new FunctionBar(4, PageLengthInBytes),
            ],
            new MsixTable(4, VectorCount, 0, 0x800))
    {
        _shared = GetSharedMemory(MainBar);
        Config.AddPowerManagement(keepsStateInD3Hot: true);
        Config.AddMsi(VectorCount);
        Config.AddExpressEndpoint(hasFunctionLevelReset: true);
        Config.AddSerialNumber(SerialNumber);
        OnReset();
    }

    /// <inheritdoc/>
    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        if (FindRam(bar, offset, destination.Length, out var place))
        {
            _ram.AsSpan(place, destination.Length).CopyTo(destination);
            Count(bar, offset, destination, isWrite: false);
            return;
        }

        destination.Clear();
        if (bar == MainBar && offset + (ulong)destination.Length <= PageLengthInBytes)
            _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (FindRam(bar, offset, source.Length, out var place))
        {
            source.CopyTo(_ram.AsSpan(place));
            Count(bar, offset, source, isWrite: true);
        }
        else if (bar == MainBar)
        {
            WriteRegister(offset, source);
        }
    }

    /// <inheritdoc/>
    protected override void OnStoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (!FindRam(bar, offset, source.Length, out var place))
        {
            base.OnStoreBlock(bar, offset, source);
            return;
        }

        source.CopyTo(_ram.AsSpan(place));
        Increment(BlockStores);
        Note(bar, offset, source, isWrite: true);
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        Array.Clear(_registers, 0, _registers.Length);
        Array.Clear(_ram, 0, _ram.Length);
        Array.Clear(_toSignal, 0, _toSignal.Length);
        Put32(0, Identity32);
        Put32(4, Version);
        Put32(FeaturesRegister, _shared is null ? 0u : 1);
        Put32(0x0c, VectorCount);
    }

    private void WriteRegister(ulong offset, ReadOnlySpan<byte> source)
    {
        switch ((offset, source.Length))
        {
            case (TriggerRegister, sizeof(uint)):
                source.CopyTo(_registers.AsSpan(TriggerRegister));
                Raise(Get32(TriggerRegister));
                break;
            case (ClearRegister, sizeof(uint)):
                _registers.AsSpan(CountersStart, CountersEnd - CountersStart).Clear();
                break;
            case (SourceRegister or DestinationRegister, sizeof(ulong)):
            case (LengthRegister, sizeof(uint)):
                if (!IsMoving)
                    source.CopyTo(_registers.AsSpan((int)offset));
                break;
            case (CommandRegister, sizeof(uint)):
                StartMove(source);
                break;
        }
    }

    // The place in the RAM of what is trapped and is no register.
    private bool FindRam(int bar, ulong offset, int lengthInBytes, out int place)
    {
        var start = bar == RamBar ? offset + RamStart : offset;
        var end = start + (ulong)lengthInBytes;
        place = (int)(start - SharedStart);
        return bar is MainBar or RamBar && start >= (_shared is null ? SharedStart : (ulong)RamStart) && end <= MainLengthInBytes;
    }

    private uint Get32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_registers.AsSpan(offset));

    private ulong Get64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_registers.AsSpan(offset));

    private void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_registers.AsSpan(offset), value);

    private void Put64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_registers.AsSpan(offset), value);
}
