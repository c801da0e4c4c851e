using VfioSharp.Conformance.Server.Cases;

namespace VfioSharp.Conformance.Server;

/// <summary>Every case for servers, in the order in which they run: what later ones need comes first, what may end a server last.</summary>
internal static class ServerCases
{
    public static IReadOnlyList<ServerCase> All { get; } =
    [
        .. NegotiationCases.All(),
        .. HeaderCases.All(),
        .. InfoCases.All(),
        .. RegionInfoCases.All(),
        .. RegionAccessCases.All(),
        .. ConfigSpaceCases.All(),
        .. IoFdsCases.All(),
        .. SetIrqsCases.All(),
        .. InterruptCases.All(),
        .. DmaMapCases.All(),
        .. DmaUnmapCases.All(),
        .. DmaTransferCases.All(),
        .. ResetCases.All(),
        .. FeatureCases.All(),
        .. MigrationCases.All(),
        .. LoggingCases.All(),
        .. ConcurrencyCases.All(),
        .. HostilityCases.All(),
    ];
}
