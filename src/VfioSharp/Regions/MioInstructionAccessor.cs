using System.Buffers.Binary;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>
/// Reaches a mapped BAR by IBM Z's MIO instructions. Where the function is busy (condition code 2) the instruction has done nothing and is
/// executed again, as the kernel does for itself, but not forever.
/// </summary>
internal sealed class MioInstructionAccessor(MioInstructions instructions, DeviceMapping mapping, ulong mappedFrom) : MappedRegionAccessor(mapping, mappedFrom)
{
    /// <summary>
    /// How often an access is tried while the function is busy, with a short pause in between. The kernel waits a microsecond, and tries forever
    /// (arch/s390/pci/pci_insn.c).
    /// </summary>
    public const int MaximumTries = 1000;

    private const int Busy = 2;
    private const int SpinsBetweenTries = 30;

    /// <inheritdoc/>
    protected override AccessOutcome ReadRegister(nuint address, Span<byte> destination)
    {
        var outcome = instructions.Load(address, destination.Length, out var value);
        for (var tries = 1; IsBusy(outcome) && tries < MaximumTries; tries++)
        {
            Thread.SpinWait(SpinsBetweenTries);
            outcome = instructions.Load(address, destination.Length, out value);
        }

        // The register value is big-endian: its most significant byte is the one at the lowest address.
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        bytes[^destination.Length..].CopyTo(destination);
        return outcome;
    }

    /// <inheritdoc/>
    protected override AccessOutcome WriteRegister(nuint address, ReadOnlySpan<byte> source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        source.CopyTo(bytes[^source.Length..]);
        var value = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        var outcome = instructions.Store(address, source.Length, value);
        for (var tries = 1; IsBusy(outcome) && tries < MaximumTries; tries++)
        {
            Thread.SpinWait(SpinsBetweenTries);
            outcome = instructions.Store(address, source.Length, value);
        }

        return outcome;
    }

    /// <inheritdoc/>
    protected override AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source)
    {
        var outcome = instructions.StoreBlock(address, source);
        for (var tries = 1; IsBusy(outcome) && tries < MaximumTries; tries++)
        {
            Thread.SpinWait(SpinsBetweenTries);
            outcome = instructions.StoreBlock(address, source);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public override void FlushWrites() => instructions.WriteBarrier();

    private static bool IsBusy(AccessOutcome outcome) => outcome.Kind == AccessFaultKind.ConditionCode && outcome.Code == Busy;
}
