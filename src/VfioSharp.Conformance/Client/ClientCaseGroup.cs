namespace VfioSharp.Conformance.Client;

/// <summary>Collects cases of one clause whose names begin alike.</summary>
internal sealed class ClientCaseGroup(string group, string clause)
{
    public List<ClientCase> Cases { get; } = [];

    /// <summary>The client uses the device all the same.</summary>
    public void Attaches(string name, string summary, Script script, CaseDuty duty = CaseDuty.Must, Action<ClientRecord>? judge = null) =>
        Add(name, summary, duty, ClientExpectation.Attaches, script, judge);

    /// <summary>The client gives up.</summary>
    public void Refuses(string name, string summary, Script script, CaseDuty duty = CaseDuty.Must, Action<ClientRecord>? judge = null) =>
        Add(name, summary, duty, ClientExpectation.Refuses, script, judge);

    /// <summary>The client does what it likes, but neither crashes nor waits for ever.</summary>
    public void Survives(string name, string summary, Script script, Action<ClientRecord>? judge = null) =>
        Add(name, summary, CaseDuty.Must, ClientExpectation.Survives, script, judge);

    /// <summary>What a client sends to a server that does everything right.</summary>
    public void Conduct(string name, string summary, Action<ClientRecord> judge, CaseDuty duty = CaseDuty.Must) =>
        Add(name, summary, duty, ClientExpectation.Attaches, null, judge);

    private void Add(string name, string summary, CaseDuty duty, ClientExpectation expectation, Script? script, Action<ClientRecord>? judge) =>
        Cases.Add(new ClientCase($"{group}/{name}", clause, summary, duty, expectation, script, judge));
}
