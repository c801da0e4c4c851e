using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>What a case works with while it runs: connections to the server, which the trial owns, and what is known of the device.</summary>
internal sealed class ServerTrial(ServerUnderTest server, DeviceSurvey? device, string? surveyFailure, TimeSpan timeout) : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly List<string> _remarks = [];
    private int _connections;

    /// <summary>What the device has. A case that asks for it fails where that could not be found out.</summary>
    public DeviceSurvey Device => device ?? throw new CaseFailedException($"the device could not be surveyed: {surveyFailure}");

    public TimeSpan Timeout { get; } = timeout;

    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>Connects, and says nothing.</summary>
    /// <exception cref="VfioException">Nobody accepts connections.</exception>
    public Conversation Connect() => Connect(Timeout);

    /// <summary>Connects with another time-out than usual.</summary>
    public Conversation Connect(TimeSpan timeout) => Own(server.Connect(timeout, Remark));

    /// <summary>Connects and negotiates.</summary>
    /// <param name="json">What to say of this side.</param>
    /// <exception cref="VfioException">Nobody accepts connections.</exception>
    /// <exception cref="CaseSkippedException">The server has ended with an earlier client of this trial, as one may that is started again.</exception>
    public Conversation Open(string? json = Conversation.DefaultCapabilities)
    {
        try
        {
            var peer = Connect();
            _connections++;
            peer.Negotiate(json);
            return peer;
        }
        catch (Exception failure) when (failure is CaseFailedException or VfioException && _connections > 0 && server.HasEndedProperly())
        {
            throw new CaseSkippedException("the server ends with its client, and this takes another");
        }
    }

    /// <summary>Gives something to the trial, which disposes of it when the case ends.</summary>
    public T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }

    /// <summary>Says that the server is right but unusual.</summary>
    public void Remark(string sentence)
    {
        if (!_remarks.Contains(sentence))
            _remarks.Add(sentence);
    }

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
        _owned.Clear();
    }
}
