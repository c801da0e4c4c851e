using VfioSharp.Conformance.Client.Cases;

namespace VfioSharp.Conformance.Client;

/// <summary>Every case for clients, in the order in which they run.</summary>
internal static class ClientCases
{
    public static IReadOnlyList<ClientCase> All { get; } =
    [
        .. ConductCases.All(),
        .. VersionReplyCases.All(),
        .. ReplyCases.All(),
        .. DeviceReplyCases.All(),
        .. RegionReplyCases.All(),
        .. ServerCommandCases.All(),
    ];
}
