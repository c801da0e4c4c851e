using System.Diagnostics;
using VfioSharp.Conformance.Server;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance;

/// <summary>
/// Cases for vfio-user servers. Each has connections of its own, made anew, and is followed by a new client: a server that does not serve that
/// one has failed the case, whatever it answered before. Cases that mirror a test of libvfio-user's own suite say which
/// (<see cref="ConformanceCase.Mirrors"/>). For one thread at a time.
/// </summary>
public sealed class ServerSuite : ConformanceSuite, IDisposable
{
    private readonly ServerUnderTest _server;
    private readonly ServerSuiteOptions _options;
    private DeviceSurvey? _survey;
    private string? _surveyFailure;
    private string? _gone;

    /// <summary>Makes a suite for a server; nothing is connected or started yet.</summary>
    /// <param name="options">Which server.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time-out is not above zero.</exception>
    public ServerSuite(ServerSuiteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.StartTimeout, TimeSpan.Zero, nameof(options));
        _options = options;
        _server = new ServerUnderTest(options);
    }

    /// <summary>Every case for servers.</summary>
    public static IReadOnlyList<ConformanceCase> AllCases => ServerCases.All;

    /// <inheritdoc/>
    public override IReadOnlyList<ConformanceCase> Cases => AllCases;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Description => _survey?.Describe() ?? (_surveyFailure is null ? [] : [$"the device could not be surveyed: {_surveyFailure}"]);

    /// <inheritdoc/>
    public override IEnumerable<CaseResult> Run(IEnumerable<ConformanceCase> cases, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cases);
        var chosen = cases.Select(item => item as ServerCase ?? throw new ArgumentException($"{item} is no case for servers.", nameof(cases))).ToArray();
        return RunChosen(chosen, cancellation);
    }

    /// <summary>Ends the server if the suite started it.</summary>
    public void Dispose() => _server.Dispose();

    private IEnumerable<CaseResult> RunChosen(ServerCase[] cases, CancellationToken cancellation)
    {
        foreach (var item in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            // Again where it failed: a server that was too slow once need not be so for ever.
            Survey();
            yield return RunOne(item);
        }
    }

    private CaseResult RunOne(ServerCase item)
    {
        var watch = Stopwatch.StartNew();
        if (_gone is not null)
            return new CaseResult(item, CaseStatus.Failed, $"server gone: {_gone}", [], watch.Elapsed);
        using var trial = new ServerTrial(_server, _survey, _surveyFailure, _options.Timeout);
        var (status, reason) = Try(item, trial);
        trial.Dispose();
        if (status != CaseStatus.Skipped && _server.FindFault() is { } fault)
        {
            reason = status == CaseStatus.Failed ? $"{reason} Afterwards {fault.Sentence}" : $"afterwards {fault.Sentence}";
            status = CaseStatus.Failed;
            if (fault.IsFinal)
                _gone = fault.Sentence;
        }

        return new CaseResult(item, status, reason, trial.Remarks, watch.Elapsed);
    }

    private (CaseStatus Status, string? Reason) Try(ServerCase item, ServerTrial trial)
    {
        try
        {
            if (item.DeviceNeed is { } need && !need.IsMet(trial.Device))
                return (CaseStatus.Skipped, $"the device has not: {need.Name}");
            _server.EnsureRunning();
            item.Run(trial);
            return (CaseStatus.Passed, null);
        }
        catch (CaseSkippedException skipped)
        {
            return (CaseStatus.Skipped, skipped.Message);
        }
        catch (CaseFailedException failed)
        {
            return (CaseStatus.Failed, failed.Message);
        }
        catch (VfioException refused) when (refused.Errno is not (Errno.EMFILE or Errno.ENFILE))
        {
            return (CaseStatus.Failed, refused.Message);
        }
    }

    private void Survey()
    {
        if (_survey is not null || _gone is not null)
            return;
        try
        {
            _server.EnsureRunning();
            using var trial = new ServerTrial(_server, null, null, _options.Timeout);
            _survey = Surveyor.Survey(trial.Connect());
        }
        catch (Exception failure) when (failure is CaseFailedException or VfioException)
        {
            _surveyFailure = failure.Message;
        }

        if (_server.FindFault() is { IsFinal: true } fault)
            _gone = fault.Sentence;
    }
}
