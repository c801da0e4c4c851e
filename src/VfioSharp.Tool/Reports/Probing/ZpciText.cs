using System.Globalization;
using Spectre.Console;

namespace VfioSharp.Tool.Reports.Probing;

/// <summary>The part of the probe's text that only a function of an IBM Z has. What is not known is left out.</summary>
internal static class ZpciText
{
    public static void Write(IAnsiConsole console, ZpciReport report)
    {
        Layout.WriteHeading(console, "IBM Z");
        WriteField(console, "function", [
            Say("id 0x{0:x8}", report.FunctionId), Say("handle 0x{0:x8}", report.FunctionHandle), Say("UID 0x{0:x}", report.Uid),
            report.UidIsUnique switch { true => "unique", false => "not unique", null => null }, Say("index {0}", report.Index)]);
        WriteField(console, "kind", [
            Say("type 0x{0:x2}", report.Pft), Say("group 0x{0:x2}", report.Pfgid), Say("virtual function {0}", report.Vfn),
            Say("parameters 0x{0:x2}", report.Fidparm), Say("PCI version {0}", report.PciVersion)]);
        WriteField(console, "place", [
            Say("channel 0x{0:x4}", report.Pchid), Say("port {0}", report.Port),
            report.FunctionPath.Count == 0 ? null : "path " + string.Join('.', report.FunctionPath.Select(segment => segment.ToString("x2", CultureInfo.InvariantCulture)))]);
        WriteField(console, "name", [report.UtilString]);
        WriteField(console, "MIO", [report.MioEnabled switch
        {
            true => "MIO instructions reach the function",
            false => "no MIO instruction reaches the function",
            null => null,
        }]);
        WriteField(console, "stores", [Say("blocks of up to {0} bytes", report.MaxStoreBlock), Say("{0} through the kernel", report.KernelStoreBlock)]);
        WriteField(console, "DMA", [
            report.DmaWindow is { } window ? FormattableString.Invariant($"window 0x{window.Start:x} to 0x{window.End:x}") : null,
            Say("address mask 0x{0:x}", report.DmaAddressMask),
            report.Refresh == true ? "translation refreshed by the kernel" : null]);
        WriteField(console, "messages", [Say("up to {0}", report.MaxMsi), Say("at 0x{0:x}", report.MsiAddress)]);
        WriteField(console, "measured", [
            report.MeasurementBlockLength switch
            {
                null => null,
                0 => "no measurement block",
                { } length => FormattableString.Invariant($"block of {length} bytes"),
            },
            Say("every {0} ms", report.MeasurementInterval)]);
        foreach (var problem in report.Problems)
            Layout.WriteLine(console, problem);
    }

    private static void WriteField(IAnsiConsole console, string name, string?[] facts)
    {
        var known = facts.OfType<string>().ToArray();
        if (known.Length > 0)
            Layout.WriteField(console, name, string.Join(", ", known));
    }

    private static string? Say<T>(string format, T? value)
        where T : struct => value is { } known ? string.Format(CultureInfo.InvariantCulture, format, known) : null;
}
