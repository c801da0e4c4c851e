using System.Runtime.InteropServices;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// The controller memory buffer (NVMe Base 2.0, 8.5): memory of a BAR that a driver fills by stores, and names by addresses that it chose itself.
/// To the controller it is a host with that memory put over the driver's.
/// </summary>
internal sealed class ControllerMemoryBuffer(SharedBarMemory memory, ulong lengthInBytes) : FunctionHost
{
    /// <summary>The BAR that holds it, as a whole.</summary>
    public const int Bar = 2;

    private const ulong RegistersEnabled = 1;
    private const ulong SpaceEnabled = 2;
    private const ulong AddressMask = ~0xffful;
    private const uint UnitInBytes = 4096;
    private const int SizeShift = 12;

    // CMBLOC (3.1.3.11): in BAR 2 from its beginning on. Queues, lists and data may lie there and elsewhere, as the driver likes.
    private const uint Place = Bar | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7;

    // CMBSZ (3.1.3.12): submission queues, lists, data that is read and data that is written; in units of 4 KiB.
    private const uint Uses = 1 | 1 << 2 | 1 << 3 | 1 << 4;

    private ulong _control;
    private FunctionHost? _under;

    /// <summary>
    /// CMBMSC (3.1.3.17): whether the other registers tell of the buffer, whether its addresses are the controller's, and where they begin.
    /// </summary>
    public ulong Control
    {
        get => _control;
        set => _control = value & (AddressMask | RegistersEnabled | SpaceEnabled);
    }

    /// <summary>CMBLOC, or 0 while it is not to be told.</summary>
    public uint Location => (_control & RegistersEnabled) != 0 ? Place : 0;

    /// <summary>CMBSZ, or 0 while it is not to be told.</summary>
    public uint Size => (_control & RegistersEnabled) != 0 ? (uint)(lengthInBytes / UnitInBytes) << SizeShift | Uses : 0;

    /// <summary>CMBSTS (3.1.3.18): whether the buffer would go over the last address.</summary>
    public uint Status => (_control & SpaceEnabled) != 0 && !IsPossible ? 1u : 0;

    /// <summary>Whether addresses of the buffer are the controller's.</summary>
    public bool IsReachable => (_control & (RegistersEnabled | SpaceEnabled)) == (RegistersEnabled | SpaceEnabled) && IsPossible;

    /// <inheritdoc/>
    public override bool UsesMessages => Under.UsesMessages;

    private ulong Start => _control & AddressMask;

    private bool IsPossible => Start <= ulong.MaxValue - lengthInBytes + 1;

    private FunctionHost Under => _under ?? throw new InvalidOperationException("The controller memory buffer lies over no host.");

    /// <summary>The buffer over a host.</summary>
    public FunctionHost Over(FunctionHost host)
    {
        _under = host;
        return this;
    }

    /// <summary>Whether any of these addresses is the buffer's.</summary>
    public bool Meets(ulong iova, ulong countInBytes) =>
        IsReachable && countInBytes != 0 && (iova - Start < lengthInBytes || Start - iova < countInBytes);

    /// <inheritdoc/>
    public override bool ReadMemory(ulong iova, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var length = FindPiece(iova, destination.Length, out var isOwn);
            var piece = destination[..length];
            if (isOwn)
                memory.GetSpan(iova - Start, length).CopyTo(piece);
            else if (!Under.ReadMemory(iova, piece))
                return false;
            destination = destination[length..];
            iova = unchecked(iova + (ulong)length);
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool WriteMemory(ulong iova, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var length = FindPiece(iova, source.Length, out var isOwn);
            var piece = source[..length];
            if (isOwn)
                piece.CopyTo(memory.GetSpan(iova - Start, length));
            else if (!Under.WriteMemory(iova, piece))
                return false;
            source = source[length..];
            iova = unchecked(iova + (ulong)length);
        }

        return true;
    }

    /// <inheritdoc/>
    public override Errno WriteMemoryFromFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) => Meets(segments)
        ? base.WriteMemoryFromFile(file, fileOffset, segments)
        : Under.WriteMemoryFromFile(file, fileOffset, segments);

    /// <inheritdoc/>
    public override Errno ReadMemoryIntoFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) => Meets(segments)
        ? base.ReadMemoryIntoFile(file, fileOffset, segments)
        : Under.ReadMemoryIntoFile(file, fileOffset, segments);

    /// <inheritdoc/>
    internal override unsafe bool TryWriteMemoryFrom(byte* source, ReadOnlySpan<MemorySegment> segments) =>
        !Meets(segments) && Under.TryWriteMemoryFrom(source, segments);

    /// <inheritdoc/>
    internal override unsafe bool TryReadMemoryInto(byte* destination, ReadOnlySpan<MemorySegment> segments) =>
        !Meets(segments) && Under.TryReadMemoryInto(destination, segments);

    /// <inheritdoc/>
    public override void SignalInterrupt(int vector) => Under.SignalInterrupt(vector);

    /// <inheritdoc/>
    public override void SetInterruptLine(bool isAsserted) => Under.SetInterruptLine(isAsserted);

    private bool Meets(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (var segment in segments)
        {
            if (Meets(segment.Iova, (ulong)segment.LengthInBytes))
                return true;
        }

        return false;
    }

    // How much from an address on lies on one side of the buffer's borders.
    private int FindPiece(ulong iova, int countInBytes, out bool isOwn)
    {
        isOwn = IsReachable && iova - Start < lengthInBytes;
        if (!IsReachable)
            return countInBytes;
        var untilBorder = isOwn ? lengthInBytes - (iova - Start) : Start - iova;
        return (int)Math.Min((ulong)countInBytes, untilBorder);
    }
}
