using System.Globalization;
using Spectre.Console;
using VfioSharp.Nvme;
using VfioSharp.Nvme.Specification;
using VfioSharp.Tool.Reports;
using Layout = VfioSharp.Tool.Reports.Layout;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>A controller and its namespaces for people.</summary>
internal static class IdentifyText
{
    public static void Write(ToolHost host, NvmeController controller, IReadOnlyList<NvmeNamespace> namespaces)
    {
        var console = host.CreateConsole();
        WriteController(console, controller);
        if (namespaces.Count == 0)
        {
            Layout.WriteField(console, "disks", "no active namespace");
            return;
        }

        console.WriteLine();
        var table = Layout.CreateTable(console, "namespace", "size", "blocks", "formats", "used", "identifier");
        Layout.KeepTogether(table, 0, 1, 2, 4);
        foreach (var space in namespaces)
            AddRow(table, space);
        console.Write(table);
        foreach (var space in namespaces.Where(space => space.Obstacle is not null))
            Layout.WriteLine(console, FormattableString.Invariant($"namespace {space.Id} can be neither read nor written: {space.Obstacle}"));
    }

    private static void WriteController(IAnsiConsole console, NvmeController controller)
    {
        var identity = controller.Identity;
        var write = (string name, FormattableString value) => Layout.WriteField(console, name, FormattableString.Invariant(value));
        write("device", $"{controller.Device.Address}");
        write("vendor", $"{identity.PciVendorId:x4}, of the subsystem {identity.PciSubsystemVendorId:x4}, OUI {identity.IeeeOui:x6}");
        write("model", $"{identity.ModelNumber}, serial number {identity.SerialNumber}, firmware {identity.FirmwareRevision}");
        write("version", $"NVMe {controller.Version}, controller {identity.ControllerId}{Named(identity.SubsystemName)}");
        write("queues", $"{controller.MaxQueuePairs} I/O queue pairs, up to {controller.Capabilities.MaxQueueEntries} entries each");
        var (byController, byDriver) = (Spell(identity.MaxTransferInBytes), Spell(controller.MaxTransferInBytes));
        write("transfers", $"{byController} a command by the controller, {byDriver} by this driver; {(identity.HasSgls ? "PRPs and SGLs" : "PRPs")}");
        write("commands", $"{Spell(identity.IoCommands, OptionalIoCommand.None)}");
        write("admin", $"{Spell(identity.AdminCommands, OptionalAdminCommand.None)}");
        write("cache", $"{(identity.HasVolatileWriteCache ? "volatile: what is written is safe once it is flushed" : "none that is volatile")}");
    }

    private static void AddRow(Table table, NvmeNamespace space)
    {
        var identity = space.Identity;
        Layout.AddRow(
            table,
            space.Id.ToString(CultureInfo.InvariantCulture),
            space.SizeInBytes == 0 ? "-" : Sizes.Spell((ulong)space.SizeInBytes),
            space.SizeInBlocks.ToString(CultureInfo.InvariantCulture),
            SpellFormats(identity),
            FormattableString.Invariant($"{(space.SizeInBlocks == 0 ? 0 : 100.0 * identity.UtilizationInBlocks / space.SizeInBlocks):0.#} %"),
            SpellIdentifier(identity));
    }

    private static string SpellFormats(NamespaceIdentity identity)
    {
        var structure = identity.Structure;
        var formats = new List<string>();
        for (var number = 0; number < Math.Min(structure.FormatCount + 1, structure.Formats.Length); number++)
        {
            var format = structure.Formats[number];
            var metadata = format.MetadataSizeInBytes.Value == 0 ? string.Empty : FormattableString.Invariant($"+{format.MetadataSizeInBytes}");
            var size = format.BlockShift is >= 9 and < 32 ? FormattableString.Invariant($"{1L << format.BlockShift}{metadata}") : "-";
            formats.Add(number == identity.FormatNumber ? size + "*" : size);
        }

        return string.Join(" ", formats);
    }

    private static string SpellIdentifier(NamespaceIdentity identity) =>
        identity.Uuid != Guid.Empty ? $"uuid {identity.Uuid}"
        : !identity.Nguid.IsEmpty ? $"nguid {NvmeText.SpellHexadecimal(identity.Nguid.Span)}"
        : !identity.Eui64.IsEmpty ? $"eui64 {NvmeText.SpellHexadecimal(identity.Eui64.Span)}"
        : "-";

    private static string Named(string subsystem) => subsystem.Length == 0 ? string.Empty : $" of {subsystem}";

    private static string Spell(int? bytes) => bytes is { } known ? Sizes.Spell((ulong)known) : "any length";

    // Flags that the specification got later have no name: they are shown as a number.
    private static string Spell<T>(T flags, T none)
        where T : struct, Enum => flags.Equals(none) ? "none but those that each has" : flags.ToString();
}
