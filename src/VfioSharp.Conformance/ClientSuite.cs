using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Client;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance;

/// <summary>
/// Cases for vfio-user clients: a scripted server that listens, plays a device, and does one thing otherwise for each connection. A client has to
/// use the device, to give up, or at least neither to crash nor to wait for ever, as each case says. For one thread at a time.
/// </summary>
public sealed class ClientSuite : ConformanceSuite, IDisposable
{
    private static readonly Script Right = new();

    private readonly ClientSuiteOptions _options;
    private readonly UnixListener _listener;
    private ClientRecord? _conduct;

    /// <summary>Makes a suite, which listens from now on.</summary>
    /// <param name="options">Where, and how the client is started.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time-out is not above zero.</exception>
    /// <exception cref="VfioException">Somebody listens there, or the path cannot be a socket's.</exception>
    public ClientSuite(ClientSuiteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.StartTimeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Settle, TimeSpan.Zero, nameof(options));
        _options = options;
        _listener = UnixListener.Listen(options.SocketPath, backlog: 4);
    }

    /// <summary>Every case for clients.</summary>
    public static IReadOnlyList<ConformanceCase> AllCases => ClientCases.All;

    /// <inheritdoc/>
    public override IReadOnlyList<ConformanceCase> Cases => AllCases;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Description => _conduct is null ? [] : Conduct.Describe(_conduct);

    /// <inheritdoc/>
    public override IEnumerable<CaseResult> Run(IEnumerable<ConformanceCase> cases, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cases);
        var chosen = cases.Select(item => item as ClientCase ?? throw new ArgumentException($"{item} is no case for clients.", nameof(cases))).ToArray();
        return RunChosen(chosen, cancellation);
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _listener.Dispose();

    private IEnumerable<CaseResult> RunChosen(ClientCase[] cases, CancellationToken cancellation)
    {
        foreach (var item in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return RunOne(item);
        }
    }

    private CaseResult RunOne(ClientCase item)
    {
        var watch = Stopwatch.StartNew();
        var run = new ClientRun(_listener, _options);
        var record = item.Script is { } script ? run.Run(script) : _conduct ?? run.Run(Right);
        // A client that did not come may come the next time.
        if (item.Script is null && record.Verdict != ClientVerdict.Absent)
            _conduct = record;
        try
        {
            Check(item.Expectation, record);
            item.Judge?.Invoke(record);
            IReadOnlyList<string> remarks = item.Expectation == ClientExpectation.Survives ? [$"{record.Verdict}: {record.Story}."] : [];
            return new CaseResult(item, CaseStatus.Passed, null, remarks, watch.Elapsed);
        }
        catch (CaseSkippedException skipped)
        {
            return new CaseResult(item, CaseStatus.Skipped, skipped.Message, [], watch.Elapsed);
        }
        catch (CaseFailedException failed)
        {
            return new CaseResult(item, CaseStatus.Failed, failed.Message, [], watch.Elapsed);
        }
    }

    private static void Check(ClientExpectation expectation, ClientRecord record)
    {
        Expect.That(record.Verdict is not (ClientVerdict.Crashed or ClientVerdict.Hung or ClientVerdict.Absent), $"{record.Story}.");
        if (expectation == ClientExpectation.Attaches)
            Expect.That(record.Verdict == ClientVerdict.Attached, $"expected that the client uses the device: {record.Story}.");
        else if (expectation == ClientExpectation.Refuses)
            Expect.That(record.Verdict == ClientVerdict.Refused, $"expected that the client gives up: {record.Story}.");
    }
}
