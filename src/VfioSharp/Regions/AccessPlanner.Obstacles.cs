using System.Globalization;

namespace VfioSharp.Regions;

// What stands in the way of a path, as a sentence that a person can act on; null where nothing does.
internal static partial class AccessPlanner
{
    private static string? FindObstacle(AccessQuestion question, AccessPath path) => path switch
    {
        AccessPath.LoadStore => FindLoadStoreObstacle(question) ?? FindMappingObstacle(question),
        AccessPath.MioInstruction => FindInstructionObstacle(question) ?? FindMappingObstacle(question),
        AccessPath.MmioSyscall => FindSyscallObstacle(question) ?? FindMappingObstacle(question),
        AccessPath.RegionFile when path == question.ByRequest => FindFileObstacle(question),
        _ when path == question.ByRequest => null,
        AccessPath.RegionFile => "The function is not one of this machine's kernel, so that it has no file.",
        AccessPath.Message => "The function is one of this machine's kernel; messages reach functions that another process serves.",
        _ => "It is no way in.",
    };

    private static string? FindMappingObstacle(AccessQuestion question)
    {
        var region = question.Region;
        if (region.Index is (int)RegionIndex.Config or (int)RegionIndex.Rom or (int)RegionIndex.Vga)
            return question.IsServed ? $"Only BARs are mapped; {question.Name} goes by messages." : $"The kernel maps BARs only; {question.Name} goes through the device's file.";
        if (question.IsPorts)
            return $"{question.Name} is a BAR of I/O ports, which cannot be mapped.";
        if ((region.Flags & RegionFlags.Mmap) == 0)
        {
            return question.IsServed ? $"The server shares no memory of {question.Name}: its answer has no MMAP flag, or no descriptor that could be mapped."
                : question.Host.IsIbmZ ? ExplainMissingFlagOnIbmZ(question) : ExplainMissingFlag(question);
        }

        var pages = RoundToPages(question.Window, question.Host.PageSizeInBytes);
        return region.SparseAreas.Count == 0 || region.SparseAreas.Any(area => area.Contains(pages.Offset, pages.LengthInBytes))
            ? null
            : $"Only parts of {question.Name} can be mapped ({string.Join(", ", region.SparseAreas.Select(Spell))}), and the window reaches outside of them; open a window that lies inside one.";
    }

    private static string ExplainMissingFlag(AccessQuestion question) => question.Region.SizeInBytes < question.Host.PageSizeInBytes
        ? string.Create(CultureInfo.InvariantCulture, $"{question.Name} has {question.Region.SizeInBytes} bytes and shares its page of {question.Host.PageSizeInBytes} bytes with something else, so that the kernel does not map it; a firmware or kernel that aligns BARs to pages (pci=resource_alignment=) would change that.")
        : $"The kernel does not offer to map {question.Name}: its region information has no MMAP flag. 'lspci -v' shows whether the BAR has an address.";

    private static string Spell(RegionArea area) => string.Create(CultureInfo.InvariantCulture, $"0x{area.Offset:x} to 0x{area.Offset + area.LengthInBytes - 1:x}");
}
