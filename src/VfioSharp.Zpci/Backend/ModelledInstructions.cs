using VfioSharp.Mmio;
using VfioSharp.Zpci.Process;

namespace VfioSharp.Zpci.Backend;

/// <summary>The MIO instructions of a modelled process, with buffers of this process.</summary>
internal sealed unsafe class ModelledInstructions(UserProcess process, object gate) : MioInstructions
{
    /// <inheritdoc/>
    public override AccessOutcome Load(nuint address, int widthInBytes, out ulong value)
    {
        lock (gate)
        {
            var outcome = process.Pcilgi(address, (ulong)widthInBytes);
            value = outcome.Value;
            return Conclude(outcome);
        }
    }

    /// <inheritdoc/>
    public override AccessOutcome Store(nuint address, int widthInBytes, ulong value)
    {
        lock (gate)
            return Conclude(process.Pcistgi(address, (ulong)widthInBytes, value));
    }

    /// <inheritdoc/>
    public override AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source)
    {
        fixed (byte* buffer = source)
        {
            lock (gate)
                return Conclude(process.Pcistbi(address, (ulong)source.Length, (ulong)buffer));
        }
    }

    /// <inheritdoc/>
    public override void WriteBarrier()
    {
        lock (gate)
            process.Pciwb();
    }

    private static AccessOutcome Conclude(InstructionOutcome outcome) => outcome.Signal.IsRaised
        ? AccessOutcome.OfSignal((int)outcome.Signal.Number)
        : AccessOutcome.OfConditionCode(outcome.ConditionCode, outcome.Status);
}
