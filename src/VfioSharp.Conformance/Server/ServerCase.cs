namespace VfioSharp.Conformance.Server;

/// <summary>A case that a server is judged by.</summary>
internal sealed class ServerCase(string name, string clause, string summary, CaseDuty duty, Action<ServerTrial> body, DeviceNeed? need, string? mirrors)
    : ConformanceCase(name, clause, summary, duty)
{
    public override string? Need => DeviceNeed?.Name;

    public override string? Mirrors { get; } = mirrors;

    public DeviceNeed? DeviceNeed { get; } = need;

    public void Run(ServerTrial trial) => body(trial);
}
