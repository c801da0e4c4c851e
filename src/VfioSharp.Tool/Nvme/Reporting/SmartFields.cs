using System.Globalization;
using System.Text.Json.Nodes;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>A controller's health, under the names that nvme-cli gives the fields (`nvme smart-log -o json`).</summary>
internal static class SmartFields
{
    /// <summary>Reads the fields.</summary>
    /// <param name="log">The log page.</param>
    public static JsonObject Describe(ref SmartLog log)
    {
        var fields = new JsonObject
        {
            ["critical_warning"] = log.CriticalWarning,
            ["temperature"] = log.TemperatureInKelvin.Value,
            ["avail_spare"] = log.AvailableSparePercent,
            ["spare_thresh"] = log.AvailableSpareThresholdPercent,
            ["percent_used"] = log.PercentageUsed,
            ["endurance_grp_critical_warning_summary"] = log.EnduranceGroupWarning,
            ["data_units_read"] = NvmeText.Number(log.DataUnitsRead),
            ["data_units_written"] = NvmeText.Number(log.DataUnitsWritten),
            ["host_read_commands"] = NvmeText.Number(log.HostReadCommands),
            ["host_write_commands"] = NvmeText.Number(log.HostWriteCommands),
            ["controller_busy_time"] = NvmeText.Number(log.BusyTimeInMinutes),
            ["power_cycles"] = NvmeText.Number(log.PowerCycles),
            ["power_on_hours"] = NvmeText.Number(log.PowerOnHours),
            ["unsafe_shutdowns"] = NvmeText.Number(log.UnsafeShutdowns),
            ["media_errors"] = NvmeText.Number(log.MediaErrors),
            ["num_err_log_entries"] = NvmeText.Number(log.ErrorLogEntries),
            ["warning_temp_time"] = log.WarningTemperatureTimeInMinutes.Value,
            ["critical_comp_time"] = log.CriticalTemperatureTimeInMinutes.Value,
        };
        for (var sensor = 0; sensor < log.TemperatureSensorsInKelvin.Length; sensor++)
        {
            // One that does not exist reads as 0 and is left out, as nvme-cli does.
            if (log.TemperatureSensorsInKelvin[sensor].Value is not 0 and var kelvin)
                fields[string.Create(CultureInfo.InvariantCulture, $"temperature_sensor_{sensor + 1}")] = kelvin;
        }

        fields["thm_temp1_trans_count"] = log.ThermalTransitions1.Value;
        fields["thm_temp2_trans_count"] = log.ThermalTransitions2.Value;
        fields["thm_temp1_total_time"] = log.ThermalTime1InSeconds.Value;
        fields["thm_temp2_total_time"] = log.ThermalTime2InSeconds.Value;
        return fields;
    }
}
