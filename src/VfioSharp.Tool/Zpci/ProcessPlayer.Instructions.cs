using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;

namespace VfioSharp.Tool.Zpci;

// Instructions. Where a signal would end the process, the step tells it and the process goes on.
internal sealed partial class ProcessPlayer
{
    /// <summary>PCILGI.</summary>
    public StepResult MioLoad(StepAddress address, ulong length) =>
        Of(_process.Pcilgi(Resolve(address), length), Resolve(address), hasValue: true);

    /// <summary>PCISTGI.</summary>
    public StepResult MioStore(StepAddress address, ulong length, ulong value) =>
        Of(_process.Pcistgi(Resolve(address), length, value), Resolve(address), hasValue: false);

    /// <summary>PCISTBI.</summary>
    public StepResult MioStoreBlock(StepAddress address, byte[] bytes) =>
        Of(_process.Pcistbi(Resolve(address), (ulong)bytes.Length, Put(bytes)), Resolve(address), hasValue: false);

    /// <summary>PCIWB.</summary>
    public StepResult MioBarrier() => _process.Pciwb() is { Signal.IsRaised: true } outcome ? Of(outcome, 0, hasValue: false) : StepResult.OfSuccess();

    /// <summary>An ordinary load.</summary>
    public StepResult PlainLoad(StepAddress address, int length) =>
        _process.Load(Resolve(address), length) is var outcome && outcome.Signal.IsRaised
            ? Of(outcome, Resolve(address), hasValue: false)
            : StepResult.OfRegister(outcome.Value, length * 8);

    /// <summary>An ordinary store.</summary>
    public StepResult PlainStore(StepAddress address, int length, ulong value) =>
        _process.Store(Resolve(address), length, value) is var outcome && outcome.Signal.IsRaised
            ? Of(outcome, Resolve(address), hasValue: false)
            : StepResult.OfSuccess();

    private static StepResult Of(InstructionOutcome outcome, ulong address, bool hasValue) =>
        TextOf(outcome, address, hasValue) with { Guess = outcome.Guess?.Number };

    private static StepResult TextOf(InstructionOutcome outcome, ulong address, bool hasValue)
    {
        if (!outcome.Signal.IsRaised)
            return StepResult.OfInstruction(outcome.ConditionCode, outcome.Status, hasValue ? outcome.Value : null);
        var page = address & ~(ulong)(UserAddressSpace.PageSize - 1);
        var place = outcome.Signal switch
        {
            { IsAtInstruction: true } => "INSTRUCTION",
            var signal when signal.Address == page => "DATA page",
            _ => "other",
        };
        return StepResult.OfSignal(outcome.Signal.Number.ToString(), outcome.Signal.Code, place);
    }
}
