using System.Globalization;
using VfioSharp.Nvme.Specification;
using Layout = VfioSharp.Tool.Reports.Layout;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>A controller's health for people.</summary>
internal static class SmartText
{
    private const int NameWidth = 13;
    private const int ZeroCelsiusInKelvin = 273;
    private const int DataUnitInBytes = 512_000;

    private static readonly IReadOnlyList<string> Warnings =
    [
        "spare below its threshold", "temperature beyond a threshold", "reliability degraded", "read-only", "volatile memory backup failed",
        "persistent memory read-only or unreliable",
    ];

    public static void Write(ToolHost host, DeviceAddress device, ref SmartLog log)
    {
        var console = host.CreateConsole();
        var write = (string name, string value) => Layout.WriteField(console, name, value, NameWidth);
        write("device", device.ToString());
        write("warnings", SpellWarnings(log.CriticalWarning));
        write("temperature", SpellTemperatures(ref log));
        write("spare", FormattableString.Invariant($"{log.AvailableSparePercent} %, threshold {log.AvailableSpareThresholdPercent} %"));
        write("used", FormattableString.Invariant($"{log.PercentageUsed} % of its life"));
        write("read", SpellData(log.DataUnitsRead, log.HostReadCommands));
        write("written", SpellData(log.DataUnitsWritten, log.HostWriteCommands));
        write("busy", $"{Spell(log.BusyTimeInMinutes)} minutes");
        write("power", $"{Spell(log.PowerCycles)} cycles, {Spell(log.PowerOnHours)} hours, {Spell(log.UnsafeShutdowns)} unsafe shutdowns");
        write("errors", $"{Spell(log.MediaErrors)} of the medium, {Spell(log.ErrorLogEntries)} in the error log");
        write("too warm", FormattableString.Invariant(
            $"{log.WarningTemperatureTimeInMinutes} minutes, critical {log.CriticalTemperatureTimeInMinutes} minutes"));
    }

    private static string SpellWarnings(byte warnings)
    {
        if (warnings == 0)
            return "none";
        var names = new List<string>();
        for (var bit = 0; bit < 8; bit++)
        {
            if ((warnings >> bit & 1) != 0)
                names.Add(bit < Warnings.Count ? Warnings[bit] : string.Create(CultureInfo.InvariantCulture, $"bit {bit}"));
        }

        return string.Join(", ", names);
    }

    private static string SpellTemperatures(ref SmartLog log)
    {
        var text = SpellTemperature(log.TemperatureInKelvin);
        var sensors = new List<string>();
        foreach (var sensor in log.TemperatureSensorsInKelvin)
        {
            if (sensor.Value != 0)
                sensors.Add(SpellTemperature(sensor));
        }

        return sensors.Count == 0 ? text : $"{text} (sensors: {string.Join(", ", sensors)})";
    }

    private static string SpellTemperature(ushort kelvin) =>
        kelvin == 0 ? "not measured" : FormattableString.Invariant($"{kelvin - ZeroCelsiusInKelvin} °C");

    // Units are rounded up, so that this is what was moved at most.
    private static string SpellData(Le128 units, Le128 commands) => string.Create(
        CultureInfo.InvariantCulture, $"{(double)(NvmeText.Count(units) * DataUnitInBytes) / 1e9:N1} GB in {NvmeText.Count(commands):N0} commands");

    private static string Spell(Le128 count) => NvmeText.Count(count).ToString("N0", CultureInfo.InvariantCulture);
}
