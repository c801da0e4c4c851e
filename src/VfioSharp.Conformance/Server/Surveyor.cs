using System.Text;
using System.Text.Json;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>Asks a server what its device has, over a connection that has just been made.</summary>
internal static class Surveyor
{
    // QEMU gives up at 100 regions and 50 interrupt indexes; a server that says more could keep the suite busy for ever.
    private const uint MostRegions = 100;
    private const uint MostIrqs = 50;

    public static DeviceSurvey Survey(Conversation peer)
    {
        var version = peer.Negotiate("""{"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1048576,"write_multiple":true,"twin_socket":{"supported":true}}}""");
        var info = peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo()).OfLength(16);
        var survey = ReadCapabilities(version) with { Flags = info.U32(4), RegionCount = info.U32(8), IrqCount = info.U32(12) };
        Expect.That(survey.RegionCount <= MostRegions, $"the device has {survey.RegionCount} regions, which no client takes.");
        Expect.That(survey.IrqCount <= MostIrqs, $"the device has {survey.IrqCount} interrupt indexes, which no client takes.");
        // A server's message DMA would go over the twin socket; the survey makes none happen, so that it need not be attached.
        survey = survey with
        {
            Regions = [.. Enumerable.Range(0, (int)survey.RegionCount).Select(index => SurveyRegion(peer, (uint)index))],
            Irqs = [.. Enumerable.Range(0, (int)survey.IrqCount).Select(index => SurveyIrq(peer, (uint)index))],
            AnswersIoFds = Enumerable.Range(0, (int)survey.RegionCount)
                .Any(index => !peer.Ask(VfioUserCommand.DeviceGetRegionIoFds, Requests.RegionIoFds((uint)index, 16)).Header.IsError),
        };
        return SurveyFeatures(peer, SurveyConfigSpace(peer, survey));
    }

    // libvfio-user until 2024 answers reads of a configuration space of which its flags say that it cannot be read.
    private static DeviceSurvey SurveyConfigSpace(Conversation peer, DeviceSurvey survey)
    {
        if (survey.Region(Numbers.ConfigRegion) is not { Size: >= 64 })
            return survey;
        var identity = peer.Ask(VfioUserCommand.RegionRead, Requests.RegionRead(Numbers.ConfigRegion, 0, 4));
        return identity.Header.IsError
            ? survey
            : survey with { HasConfigSpace = true, Vendor = identity.OfLength(20).U16(16), Device = identity.U16(18) };
    }

    private static DeviceSurvey ReadCapabilities(Message version)
    {
        var survey = new DeviceSurvey { Major = version.U16(0), Minor = version.U16(2) };
        if (version.Payload.Length == 4)
            return survey;
        Expect.That(version.Payload[^1] == 0, "the JSON of the reply to VERSION does not end with a NUL.");
        var text = Encoding.UTF8.GetString(version.Payload.AsSpan(4, version.Payload.Length - 5));
        try
        {
            using var document = JsonDocument.Parse(text);
            survey = survey with { Capabilities = text };
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("capabilities", out var capabilities))
                return survey;
            return survey with
            {
                MaxFds = (int)Math.Min(Number(capabilities, "max_msg_fds") ?? 1, VfioUserDefaults.MostFdsOfAMessage),
                MaxTransfer = Number(capabilities, "max_data_xfer_size") ?? Numbers.DefaultTransfer,
                MaxDmaMaps = Number(capabilities, "max_dma_maps") ?? 65535,
                WritesMultiple = capabilities.TryGetProperty("write_multiple", out var multiple) && multiple.ValueKind == JsonValueKind.True,
                OffersTwinSocket = capabilities.TryGetProperty("twin_socket", out var twin)
                    && twin.TryGetProperty("supported", out var supported) && supported.ValueKind == JsonValueKind.True,
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new CaseFailedException($"the JSON of the reply to VERSION cannot be read: {text}");
        }
    }

    private static ulong? Number(JsonElement capabilities, string name)
    {
        if (!capabilities.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number)
            ? number
            : throw new CaseFailedException($"{name} of the reply to VERSION is no number: {value.GetRawText()}");
    }

    private static SurveyedRegion SurveyRegion(Conversation peer, uint index)
    {
        var info = peer.Accept(VfioUserCommand.DeviceGetRegionInfo, Requests.RegionInfo(index));
        var needed = info.U32(0);
        Expect.That(needed <= Numbers.DefaultTransfer, $"the description of region {index} needs {needed} bytes.");
        if (needed > 32)
            info = peer.Accept(VfioUserCommand.DeviceGetRegionInfo, Requests.RegionInfo(index, needed));
        var ioFds = peer.Ask(VfioUserCommand.DeviceGetRegionIoFds, Requests.RegionIoFds(index, 16));
        return new SurveyedRegion(
            index, info.U32(4), info.U64(16), info.U64(24), info.U32(0), RegionCapabilities.ReadAreas(info), info.Fds.Count,
            ioFds.Header.IsError ? 0 : (int)Math.Min(ioFds.U32(12), int.MaxValue));
    }

    private static SurveyedIrq SurveyIrq(Conversation peer, uint index)
    {
        var info = peer.Accept(VfioUserCommand.DeviceGetIrqInfo, Requests.IrqInfo(index)).OfLength(16);
        return new SurveyedIrq(index, info.U32(4), info.U32(12));
    }

    private static DeviceSurvey SurveyFeatures(Conversation peer, DeviceSurvey survey)
    {
        var migration = peer.Ask(VfioUserCommand.DeviceFeature, Requests.Feature(Numbers.FeatureGet | Numbers.FeatureMigration, argumentSize: 16));
        var hasLogging = new[] { Numbers.FeatureLoggingStart, Numbers.FeatureLoggingStop, Numbers.FeatureLoggingReport }
            .All(feature => !peer.Ask(VfioUserCommand.DeviceFeature, Requests.Feature(Numbers.FeatureProbe | feature)).Header.IsError);
        return survey with
        {
            HasMigration = !migration.Header.IsError,
            MigrationFlags = migration.Header.IsError ? 0 : migration.U64(8),
            HasLogging = hasLogging,
        };
    }
}
