namespace VfioSharp.Conformance;

/// <summary>Cases, and what is needed to run them against one peer. For one thread at a time.</summary>
public abstract class ConformanceSuite
{
    private protected ConformanceSuite()
    {
    }

    /// <summary>Every case of the suite, in the order in which they run.</summary>
    public abstract IReadOnlyList<ConformanceCase> Cases { get; }

    /// <summary>Lines that describe the peer, as far as it is known; the more, the further a run is.</summary>
    public abstract IReadOnlyList<string> Description { get; }

    /// <summary>
    /// Runs cases one after another. A peer that dies, refuses, stays silent or breaks off makes cases fail; it never makes the suite throw, and
    /// never makes it wait longer than its time-outs.
    /// </summary>
    /// <param name="cases">Which, of <see cref="Cases"/>, in this order.</param>
    /// <param name="cancellation">Ends the run between two cases.</param>
    /// <returns>The results, each as soon as it is known; as many as cases.</returns>
    /// <exception cref="ArgumentException">A case is of another suite.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="VfioException">This process cannot run cases at all: no descriptor left, or a command that cannot be started.</exception>
    public abstract IEnumerable<CaseResult> Run(IEnumerable<ConformanceCase> cases, CancellationToken cancellation = default);

    /// <summary>Runs every case.</summary>
    /// <inheritdoc cref="Run(IEnumerable{ConformanceCase}, CancellationToken)"/>
    public IEnumerable<CaseResult> Run(CancellationToken cancellation = default) => Run(Cases, cancellation);
}
