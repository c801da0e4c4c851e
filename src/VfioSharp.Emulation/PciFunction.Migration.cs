using System.Buffers;
using System.Buffers.Binary;

namespace VfioSharp.Emulation;

// The state of a function as bytes, little-endian: a header of 16 (the letters "VSFN", 16 bit of version, 16 unused, vendor, device, length of
// configuration space with 32 bit); configuration space; the MSI-X table and its pending bits; the shared areas; what the function keeps itself.
// The lengths of the parts follow from the kind of function.
public abstract partial class PciFunction
{
    private const uint StateMark = 0x4e465356;
    private const ushort StateVersion = 1;
    private const int StateHeaderLengthInBytes = 16;
    private const int SavedAtOnce = 1 << 16;

    /// <summary>Whether <see cref="SaveState"/> and <see cref="LoadState"/> work: the function is <see cref="IMigratable"/>.</summary>
    public bool IsMigratable => this is IMigratable;

    /// <summary>
    /// Writes the function's state, in a format that says its version: configuration space, MSI-X table, shared memory, and what the function
    /// keeps itself. To be called while no access is under way.
    /// </summary>
    /// <param name="destination">Takes the bytes.</param>
    /// <exception cref="NotSupportedException">The function is not <see cref="IMigratable"/>.</exception>
    public void SaveState(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var own = AsMigratable();
        var header = destination.GetSpan(StateHeaderLengthInBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header, StateMark);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], StateVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], Identity.VendorId);
        BinaryPrimitives.WriteUInt16LittleEndian(header[10..], Identity.DeviceId);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)Config.LengthInBytes);
        destination.Advance(StateHeaderLengthInBytes);
        destination.Write(Config.Bytes);
        if (Msix is not null)
        {
            destination.Write(Msix.Table);
            destination.Write(Msix.Pending);
        }

        foreach (var bar in Bars)
        {
            foreach (var area in bar.SharedAreas)
            {
                for (var done = 0ul; done < area.LengthInBytes; done += SavedAtOnce)
                    destination.Write(_sharedMemory[bar.Index]!.GetSpan(area.Offset + done, (int)Math.Min(SavedAtOnce, area.LengthInBytes - done)));
            }
        }

        own.SaveRegisters(destination);
    }

    /// <summary>Puts the function into the state that another one of the same kind was in. To be called while no access is under way.</summary>
    /// <param name="state">What <see cref="SaveState"/> wrote. It may come from anywhere.</param>
    /// <exception cref="InvalidDataException">It is not that, or of another kind of function, or of a later version; the function is as it was.</exception>
    /// <exception cref="NotSupportedException">The function is not <see cref="IMigratable"/>.</exception>
    public void LoadState(ReadOnlySpan<byte> state)
    {
        var own = AsMigratable();
        CheckStateHeader(state);
        var rest = state[StateHeaderLengthInBytes..];
        var config = Take(ref rest, (ulong)Config.LengthInBytes);
        if (!Config.CanBe(config))
            throw new InvalidDataException("The configuration space in the state is that of another kind of function.");
        var table = Take(ref rest, (ulong)(Msix?.Table.Length ?? 0));
        var pending = Take(ref rest, (ulong)(Msix?.Pending.Length ?? 0));
        var memory = rest;
        foreach (var bar in Bars)
        {
            foreach (var area in bar.SharedAreas)
                Take(ref rest, area.LengthInBytes);
        }

        // The function looks at its part before it changes anything; behind it nothing fails.
        own.LoadRegisters(rest);
        Config.Load(config);
        Msix?.Load(table, pending);
        foreach (var bar in Bars)
        {
            foreach (var area in bar.SharedAreas)
                LoadArea(bar.Index, area.Offset, Take(ref memory, area.LengthInBytes));
        }

        InterruptsChanged?.Invoke();
    }

    private void LoadArea(int bar, ulong offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_sharedMemory[bar]!.GetSpan(offset, bytes.Length));

    private void CheckStateHeader(ReadOnlySpan<byte> state)
    {
        if (state.Length < StateHeaderLengthInBytes || BinaryPrimitives.ReadUInt32LittleEndian(state) != StateMark)
            throw new InvalidDataException("The bytes are no state of a function.");
        if (BinaryPrimitives.ReadUInt16LittleEndian(state[4..]) is var version && version != StateVersion)
            throw new InvalidDataException($"The state is of version {version}; this program knows version {StateVersion}.");
        var vendor = BinaryPrimitives.ReadUInt16LittleEndian(state[8..]);
        var device = BinaryPrimitives.ReadUInt16LittleEndian(state[10..]);
        if (vendor != Identity.VendorId || device != Identity.DeviceId || BinaryPrimitives.ReadUInt32LittleEndian(state[12..]) != (uint)Config.LengthInBytes)
            throw new InvalidDataException($"The state is that of another kind of function, {vendor:x4}:{device:x4}.");
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, ulong lengthInBytes)
    {
        if (lengthInBytes > (ulong)rest.Length)
            throw new InvalidDataException($"The state ends early: {lengthInBytes} bytes are to follow where there are {rest.Length}.");
        var taken = rest[..(int)lengthInBytes];
        rest = rest[(int)lengthInBytes..];
        return taken;
    }

    private IMigratable AsMigratable() => this as IMigratable
        ?? throw new NotSupportedException($"{GetType().Name} cannot be moved: it is not {nameof(IMigratable)}.");
}
