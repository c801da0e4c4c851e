namespace VfioSharp.Conformance.Client;

/// <summary>A case that a client is judged by.</summary>
/// <param name="name">Its name.</param>
/// <param name="clause">The specification's section.</param>
/// <param name="summary">What is expected of the client.</param>
/// <param name="duty">How binding it is.</param>
/// <param name="expectation">What the client has to do.</param>
/// <param name="script">What the server does; null for everything right.</param>
/// <param name="judge">What else is looked at; ends the case where it does not hold.</param>
internal sealed class ClientCase(
    string name, string clause, string summary, CaseDuty duty, ClientExpectation expectation, Script? script, Action<ClientRecord>? judge)
    : ConformanceCase(name, clause, summary, duty)
{
    public ClientExpectation Expectation { get; } = expectation;

    /// <summary>What the server does. Cases without a script judge one connection, the same for all.</summary>
    public Script? Script { get; } = script;

    public Action<ClientRecord>? Judge { get; } = judge;
}
