using System.Text.Json.Nodes;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>What a controller and its namespaces are.</summary>
/// <param name="Device">The device.</param>
/// <param name="Version">The version of the specification that it follows, as "1.4".</param>
/// <param name="MaxTransferInBytes">The most that one command of the driver moves.</param>
/// <param name="MaxQueuePairs">How many I/O queue pairs it has granted.</param>
/// <param name="Controller">Its fields under nvme-cli's names.</param>
/// <param name="Namespaces">Its active namespaces' fields under nvme-cli's names, with their numbers.</param>
internal sealed record IdentifyReport(
    string Device, string Version, int MaxTransferInBytes, int MaxQueuePairs, JsonObject Controller, IReadOnlyList<JsonObject> Namespaces);

/// <summary>A controller's health.</summary>
/// <param name="Device">The device.</param>
/// <param name="SmartLog">The log page's fields under nvme-cli's names.</param>
internal sealed record SmartReport(string Device, JsonObject SmartLog);
