using System.Text.Json.Nodes;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>What a controller says of itself, under the names that nvme-cli gives the fields (`nvme id-ctrl -o json`).</summary>
internal static class ControllerFields
{
    /// <summary>Reads the fields.</summary>
    /// <param name="controller">What Identify answered.</param>
    public static JsonObject Describe(ref IdentifyController controller)
    {
        var fields = new JsonObject
        {
            ["vid"] = controller.PciVendorId.Value,
            ["ssvid"] = controller.PciSubsystemVendorId.Value,
            ["sn"] = NvmeText.Decode(controller.SerialNumber),
            ["mn"] = NvmeText.Decode(controller.ModelNumber),
            ["fr"] = NvmeText.Decode(controller.FirmwareRevision),
            ["rab"] = controller.RecommendedArbitrationBurst,
            ["ieee"] = controller.IeeeOui[0] | controller.IeeeOui[1] << 8 | controller.IeeeOui[2] << 16,
            ["cmic"] = controller.MultiPath,
            ["mdts"] = controller.MaxDataTransferShift,
            ["cntlid"] = controller.ControllerId.Value,
            ["ver"] = controller.Version.Value,
            ["rtd3r"] = controller.ResumeLatencyInMicroseconds.Value,
            ["rtd3e"] = controller.EntryLatencyInMicroseconds.Value,
            ["oaes"] = controller.OptionalAsyncEvents.Value,
            ["ctratt"] = controller.Attributes.Value,
            ["rrls"] = controller.ReadRecoveryLevels.Value,
            ["bpcap"] = controller.BootPartitionCapabilities,
            ["nssl"] = controller.ShutdownLatencyInMicroseconds.Value,
            ["plsi"] = controller.PowerLossSignaling,
            ["cntrltype"] = controller.ControllerType,
            ["fguid"] = NvmeText.SpellUuid(controller.FruGuid),
            ["crdt1"] = controller.RetryDelay1.Value,
            ["crdt2"] = controller.RetryDelay2.Value,
            ["crdt3"] = controller.RetryDelay3.Value,
            ["crcap"] = controller.ReachabilityCapabilities,
            ["nvmsr"] = controller.SubsystemReport,
            ["vwci"] = controller.VpdWriteCycles,
            ["mec"] = controller.ManagementEndpoints,
        };
        AddAdminCommandSet(fields, ref controller);
        AddIoCommandSet(fields, ref controller);
        AddFabrics(fields, ref controller);
        return fields;
    }

    private static void AddAdminCommandSet(JsonObject fields, ref IdentifyController controller)
    {
        fields["oacs"] = controller.OptionalAdminCommands.Value;
        fields["acl"] = controller.AbortLimit;
        fields["aerl"] = controller.AsyncEventLimit;
        fields["frmw"] = controller.FirmwareUpdates;
        fields["lpa"] = controller.LogPageAttributes;
        fields["elpe"] = controller.ErrorLogEntries;
        fields["npss"] = controller.PowerStates;
        fields["avscc"] = controller.VendorCommandConfiguration;
        fields["apsta"] = controller.AutonomousPowerStates;
        fields["wctemp"] = controller.WarningTemperatureInKelvin.Value;
        fields["cctemp"] = controller.CriticalTemperatureInKelvin.Value;
        fields["mtfa"] = controller.FirmwareActivationTime.Value;
        fields["hmpre"] = controller.PreferredHostMemory.Value;
        fields["hmmin"] = controller.MinHostMemory.Value;
        fields["tnvmcap"] = NvmeText.Number(controller.TotalCapacityInBytes);
        fields["unvmcap"] = NvmeText.Number(controller.UnallocatedCapacityInBytes);
        fields["rpmbs"] = controller.ReplayProtectedMemory.Value;
        fields["edstt"] = controller.SelfTestTimeInMinutes.Value;
        fields["dsto"] = controller.SelfTestOptions;
        fields["fwug"] = controller.FirmwareGranularity;
        fields["kas"] = controller.KeepAliveGranularity.Value;
        fields["hctma"] = controller.ThermalManagement.Value;
        fields["mntmt"] = controller.MinThermalTemperatureInKelvin.Value;
        fields["mxtmt"] = controller.MaxThermalTemperatureInKelvin.Value;
        fields["sanicap"] = controller.SanitizeCapabilities.Value;
        fields["hmminds"] = controller.HostMemoryDescriptorSize.Value;
        fields["hmmaxd"] = controller.HostMemoryDescriptors.Value;
        fields["nsetidmax"] = controller.MaxNvmSetId.Value;
        fields["endgidmax"] = controller.MaxEnduranceGroupId.Value;
        fields["anatt"] = controller.NamespaceAccessTime;
        fields["anacap"] = controller.NamespaceAccessCapabilities;
        fields["anagrpmax"] = controller.MaxNamespaceAccessGroup.Value;
        fields["nanagrpid"] = controller.NamespaceAccessGroups.Value;
        fields["pels"] = controller.PersistentEventLogSize.Value;
        fields["domainid"] = controller.DomainId.Value;
        fields["kpioc"] = controller.KeyPerIoCapabilities;
        fields["mptfawr"] = controller.FirmwareActivationTimeWithoutReset.Value;
        fields["megcap"] = NvmeText.Number(controller.MaxEnduranceGroupCapacityInBytes);
        fields["tmpthha"] = controller.TemperatureHysteresis;
        fields["cqt"] = controller.CommandQuiesceTime.Value;
    }

    private static void AddIoCommandSet(JsonObject fields, ref IdentifyController controller)
    {
        fields["sqes"] = controller.SubmissionEntrySizes;
        fields["cqes"] = controller.CompletionEntrySizes;
        fields["maxcmd"] = controller.MaxOutstandingCommands.Value;
        fields["nn"] = controller.NamespaceCount.Value;
        fields["oncs"] = controller.OptionalIoCommands.Value;
        fields["fuses"] = controller.FusedOperations.Value;
        fields["fna"] = controller.FormatAttributes;
        fields["vwc"] = controller.VolatileWriteCache;
        fields["awun"] = controller.AtomicWriteUnitNormal.Value;
        fields["awupf"] = controller.AtomicWriteUnitPowerFail.Value;
        fields["icsvscc"] = controller.VendorIoConfiguration;
        fields["nwpc"] = controller.WriteProtection;
        fields["acwu"] = controller.AtomicCompareAndWriteUnit.Value;
        fields["ocfs"] = controller.CopyFormats.Value;
        fields["sgls"] = controller.SglSupport.Value;
        fields["mnan"] = controller.MaxAllowedNamespaces.Value;
        fields["maxdna"] = NvmeText.Number(controller.MaxDomainAttachments);
        fields["maxcna"] = controller.MaxIoControllerAttachments.Value;
        fields["oaqd"] = controller.OptimalAggregatedQueueDepth.Value;
        fields["rhiri"] = controller.RefreshInterval;
        fields["hirt"] = controller.RefreshTime;
        fields["cmmrtd"] = controller.MaxTrackingRangeDescriptors.Value;
        fields["nmmrtd"] = controller.MaxSubsystemTrackingRangeDescriptors.Value;
        fields["minmrtg"] = controller.MinTrackingGranularity;
        fields["maxmrtg"] = controller.MaxTrackingGranularity;
        fields["trattr"] = controller.TrackingAttributes;
        fields["mcudmq"] = controller.MaxUserDataMigrationQueues.Value;
        fields["mnsudmq"] = controller.MaxSubsystemUserDataMigrationQueues.Value;
        fields["mcmr"] = controller.MaxTrackedMemoryRanges.Value;
        fields["nmcmr"] = controller.MaxSubsystemTrackedMemoryRanges.Value;
        fields["mcdqpc"] = controller.MaxDataQueuePairs.Value;
        // Left out where it is empty, as nvme-cli does.
        if (NvmeText.Decode(controller.SubsystemName) is { Length: > 0 } name)
            fields["subnqn"] = name;
    }

    private static void AddFabrics(JsonObject fields, ref IdentifyController controller)
    {
        fields["ioccsz"] = controller.IoCommandCapsuleSize.Value;
        fields["iorcsz"] = controller.IoResponseCapsuleSize.Value;
        fields["icdoff"] = controller.InCapsuleDataOffset.Value;
        fields["fcatt"] = controller.FabricsAttributes;
        fields["msdbd"] = controller.MaxSglDataBlocks;
        fields["ofcs"] = controller.OptionalFabricsCommands.Value;
        var states = new JsonNode[Math.Min(controller.PowerStates + 1, controller.PowerStateDescriptors.Length)];
        for (var state = 0; state < states.Length; state++)
            states[state] = Describe(ref controller.PowerStateDescriptors[state]);
        fields["psds"] = new JsonArray(states);
    }

    private static JsonObject Describe(ref PowerStateDescriptor state) => new()
    {
        ["max_power"] = state.MaxPower.Value,
        ["max_power_scale"] = state.Flags & 1,
        ["non-operational_state"] = state.Flags >> 1 & 1,
        ["entry_lat"] = state.EntryLatencyInMicroseconds.Value,
        ["exit_lat"] = state.ExitLatencyInMicroseconds.Value,
        ["read_tput"] = state.RelativeReadThroughput,
        ["read_lat"] = state.RelativeReadLatency,
        ["write_tput"] = state.RelativeWriteThroughput,
        ["write_lat"] = state.RelativeWriteLatency,
        ["idle_power"] = state.IdlePower.Value,
        ["idle_scale"] = state.IdlePowerScale >> 6,
        ["active_power"] = state.ActivePower.Value,
        ["active_power_work"] = state.ActivePowerScale & 7,
        ["active_scale"] = state.ActivePowerScale >> 6,
        ["emerg_power_fail_recover_time"] = state.EmergencyRecoveryTime,
        ["emerg_power_fail_recover_scale"] = state.EmergencyRecoveryScale & 0xf,
        ["force_quiesce_vault_time"] = state.ForcedQuiesceTime,
        ["force_quiesce_vault_scale"] = state.EmergencyRecoveryScale >> 4,
        ["emerg_power_fail_vault_time"] = state.EmergencyVaultTime,
        ["emerg_power_fail_vault_scale"] = state.EmergencyVaultScale & 0xf,
    };
}
