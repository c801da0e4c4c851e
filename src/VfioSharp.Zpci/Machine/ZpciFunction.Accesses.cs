using System.Buffers.Binary;

namespace VfioSharp.Zpci.Machine;

// What the machine does with an access once it is known which function and which BAR it goes to. The architecture of these instructions is not
// published. These rules are those of the machine on which the recordings were made: an access has 1, 2, 4 or 8 bytes and is aligned to its
// width, a block is a multiple of 8 and lies within 4 KiB; anything else is an operand or a specification exception.
public sealed partial class ZpciFunction
{
    private const ulong BlockBoundary = 4096;

    /// <summary>A load: PCILG, PCILGI.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="isByHandle">Whether the instruction named the function by its handle.</param>
    /// <param name="value">The bytes as a big-endian number, right-justified.</param>
    /// <returns>How it ended.</returns>
    internal PciOutcome Load(int bar, ulong offset, ulong length, bool isByHandle, out ulong value)
    {
        value = 0;
        if (!IsRegisterAccess(offset, length))
            return PciOutcome.Interrupted(ProgramException.Operand);
        if (TryRefuse(bar, offset, length, isByHandle, out var refusal))
            return refusal;

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var wanted = bytes[^(int)length..];
        Device.ReadBar(bar, offset, wanted);
        // Only for a load by MIO address does a program see the register; the kernel keeps of it what it asked for.
        if (!isByHandle && (int)length < _options.LeastLoadInBytes)
            SpillNextByte(bar, offset + length, bytes[^((int)length + 1)..]);
        value = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        RunWork();
        return PciOutcome.Done;
    }

    /// <summary>A store: PCISTG, PCISTGI.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="isByHandle">Whether the instruction named the function by its handle.</param>
    /// <param name="value">The bytes as a big-endian number, right-justified.</param>
    /// <returns>How it ended.</returns>
    internal PciOutcome Store(int bar, ulong offset, ulong length, bool isByHandle, ulong value)
    {
        if (!IsRegisterAccess(offset, length))
            return PciOutcome.Interrupted(ProgramException.Operand);
        if (TryRefuse(bar, offset, length, isByHandle, out var refusal))
            return refusal;

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Device.WriteBar(bar, offset, bytes[^(int)length..]);
        RunWork();
        return PciOutcome.Done;
    }

    /// <summary>A block store: PCISTB, PCISTBI.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="block">The bytes.</param>
    /// <param name="isByHandle">Whether the instruction named the function by its handle.</param>
    /// <returns>How it ended.</returns>
    internal PciOutcome StoreBlock(int bar, ulong offset, ReadOnlySpan<byte> block, bool isByHandle)
    {
        if (!IsBlock(offset, (ulong)block.Length))
            return PciOutcome.Interrupted(ProgramException.Specification) with { Guess = ArchitectureGuess.Blocks };
        if (TryRefuse(bar, offset, (ulong)block.Length, isByHandle, out var refusal))
            return refusal;

        Device.StoreBlock(bar, offset, block);
        RunWork();
        return PciOutcome.Done;
    }

    /// <summary>Whether a block store takes this destination and this length.</summary>
    internal bool IsBlock(ulong offset, ulong length) =>
        length is >= 16 and <= BlockBoundary && length <= MaximumStoreBlockInBytes && ((offset | length) & 7) == 0
        && (offset & (BlockBoundary - 1)) + length <= BlockBoundary;

    private static bool IsRegisterAccess(ulong offset, ulong length) => length is 1 or 2 or 4 or 8 && (offset & (length - 1)) == 0;

    private bool TryRefuse(int bar, ulong offset, ulong length, bool isByHandle, out PciOutcome refusal)
    {
        if (State != ZpciFunctionState.Removed && TryInjected(bar, offset, isByHandle, out refusal))
            return true;
        if (WhatIsWrong(bar, offset, length) is not { } outcome)
        {
            refusal = default;
            return false;
        }

        // The kernel's source tells what the answers to accesses by handle mean (arch/s390/include/asm/pci_insn.h).
        refusal = isByHandle ? outcome : outcome with { Guess = ArchitectureGuess.ConditionCodes };
        return true;
    }

    private bool TryInjected(int bar, ulong offset, bool isByHandle, out PciOutcome outcome)
    {
        foreach (var fault in _faults)
        {
            if (fault.TryHit(bar, offset, isByHandle))
            {
                outcome = fault.Outcome;
                return true;
            }
        }

        outcome = default;
        return false;
    }

    private PciOutcome? WhatIsWrong(int bar, ulong offset, ulong length) => State switch
    {
        ZpciFunctionState.Removed => PciOutcome.InvalidHandle,
        ZpciFunctionState.Error => PciOutcome.Error(PciOutcome.Blocked),
        _ when FindBar(bar) is not { } found || offset >= found.LengthInBytes || length > found.LengthInBytes - offset =>
            PciOutcome.Error(PciOutcome.InvalidAddressSpace),
        _ => null,
    };

    private void SpillNextByte(int bar, ulong offset, Span<byte> destination)
    {
        if (FindBar(bar) is { } found && offset < found.LengthInBytes)
            Device.ReadBar(bar, offset, destination[..1]);
    }
}
