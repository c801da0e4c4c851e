using VfioSharp.Conformance.Server.Cases;

namespace VfioSharp.Conformance.Server;

/// <summary>Every case for servers, in the order in which they run: what later ones need comes first.</summary>
internal static class ServerCases
{
    public static IReadOnlyList<ServerCase> All { get; } =
    [
        .. NegotiationCases.All(),
    ];
}
