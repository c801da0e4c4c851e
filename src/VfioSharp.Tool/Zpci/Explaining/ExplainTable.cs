using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>Computes the table: each cell is a script that is played on a host booted for it.</summary>
internal static class ExplainTable
{
    private const string NotPossible = "-";

    /// <summary>
    /// The kernels of the table unless others are asked for: the last series without mappings, first and with the fix that its stable releases got, the first
    /// with mappings, the first with a driver for ISM, and the one that refuses ISM's BARs to generic vfio-pci.
    /// </summary>
    public static IReadOnlyList<string> UsualKernels { get; } = ["6.12", "6.12.24", "6.15", "7.1", "7.2"];

    /// <summary>Plays situations on kernels.</summary>
    /// <returns>The cells: by situation, then by mode, then by kernel.</returns>
    public static IReadOnlyList<ExplainedCell> Compute(IEnumerable<Situation> situations, IReadOnlyList<string> kernels, IReadOnlyList<ZpciMode> modes) =>
    [
        .. from situation in situations
           from mode in situation.Modes.Where(modes.Contains)
           from kernel in kernels
           select Compute(situation, kernel, mode),
    ];

    private static ExplainedCell Compute(Situation situation, string kernel, ZpciMode mode)
    {
        var cell = new ExplainedCell(situation.Name, kernel, Situation.NameOf(mode), NotPossible, ExplainedCell.Source);
        // A kernel that lacks what the situation takes, a driver or the MIO instructions.
        if (!ZpciFunctionAddress.TryParse($"{situation.HostFor(kernel, mode)}/{situation.Function}", out var address, out _))
            return cell;
        var (result, answer) = Play(situation, address);
        if (answer is null)
            return cell with { Result = result };
        // A kernel that was seen on a machine which was taught the guess does not prove the guess.
        return (answer.Guess ?? situation.RestsOn?.Number) is { } guess
            ? cell with { Result = result, Verified = ExplainedCell.Derived, Guess = guess }
            : cell with { Result = result, Verified = VerificationOf(situation, address.Host) };
    }

    // The answer is null where a step before the question failed.
    private static (string Result, StepResult? Answer) Play(Situation situation, ZpciFunctionAddress address)
    {
        IReadOnlyList<ScriptVerb> verbs = [.. DeviceVerbs.All, .. ProcessVerbs.All];
        var steps = ScriptText.Read(new StringReader(situation.Script.Replace(";", "\n", StringComparison.Ordinal)), verbs, _ => null);
        using var target = new ModelTarget(address);
        for (var i = 0; i < steps.Count - 1; i++)
        {
            if (steps[i].Play(target) is { IsDone: false } refused)
                return (CellText.Prevented(steps[i], refused), null);
        }

        var log = target.Host.Log.Messages;
        var before = log.Count;
        var answer = steps[^1].Play(target);
        return (CellText.WithLog(CellText.Of(answer), log.Skip(before)), answer);
    }

    private static string VerificationOf(Situation situation, ZpciHostDescription host)
    {
        var isSeen = situation.Seen.Select(evidence => evidence.Recording).Concat(situation.SeenInGuests).Any(recording => Recordings.Shows(recording, host));
        if (!isSeen)
            return ExplainedCell.Source;
        return host.Mode == ZpciMode.Mio ? ExplainedCell.RealKernelOnEmulatedMio : ExplainedCell.RealKernel;
    }
}
