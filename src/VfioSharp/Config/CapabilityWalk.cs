namespace VfioSharp.Config;

/// <summary>
/// Follows lists of capabilities that may be broken or hostile: pointers into the header, loops, lists that run over the end, a
/// device that answers all ones. The two low bits of a pointer are reserved and masked, as the specification asks of software.
/// </summary>
internal static class CapabilityWalk
{
    private const int Alignment = 4;
    private const int PointerMask = ~(Alignment - 1);
    private const ushort AllOnes16 = 0xffff;
    private const uint AllOnes32 = 0xffff_ffff;
    private const byte AllOnes8 = 0xff;

    public static CapabilityList<Capability> Standard(ConfigSpace config)
    {
        var entries = new List<Capability>();
        var problems = new List<string>();
        var status = config.Status;
        if ((ushort)status == AllOnes16)
            return new CapabilityList<Capability>(entries, "The function answers all ones: it is gone, in reset, or asleep.");
        if ((status & StatusFlags.CapabilityList) == 0)
            return new CapabilityList<Capability>(entries, null);

        var end = Math.Min(config.SizeInBytes, ConfigRegister.ConventionalEnd);
        var visited = new bool[ConfigRegister.ConventionalEnd / Alignment];
        var pointerAt = config.HeaderLayout == HeaderLayout.CardBusBridge
            ? ConfigRegister.CardBusCapabilityPointer
            : ConfigRegister.CapabilityPointer;
        for (var next = config.Read8(pointerAt) & PointerMask; next != 0; next = config.Read8(pointerAt) & PointerMask)
        {
            if (Objection(pointerAt, next, ConfigRegister.HeaderEnd, end, visited) is { } objection)
            {
                problems.Add(objection);
                break;
            }

            visited[next / Alignment] = true;
            var id = config.Read8(next);
            if (id == AllOnes8)
            {
                problems.Add($"The list stops at 0x{next:x2}, which reads all ones.");
                break;
            }

            var length = CapabilityLength.Of(config, (CapabilityId)id, next);
            entries.Add(new Capability((CapabilityId)id, next, length));
            if (length > end - next)
                problems.Add(Overrun(CapabilityNames.Of((CapabilityId)id), next, length.Value, end));
            pointerAt = next + 1;
        }

        return new CapabilityList<Capability>(entries, Joined(problems));
    }

    public static CapabilityList<ExtendedCapability> Extended(ConfigSpace config)
    {
        var entries = new List<ExtendedCapability>();
        var problems = new List<string>();
        var end = config.SizeInBytes & PointerMask;
        if (end <= ConfigRegister.ConventionalEnd)
            return new CapabilityList<ExtendedCapability>(entries, null);

        var visited = new bool[ConfigRegister.ExtendedEnd / Alignment];
        var offset = ConfigRegister.ConventionalEnd;
        while (true)
        {
            visited[offset / Alignment] = true;
            var header = config.Read32(offset);
            // A header of zeros at the beginning is how a function says that it has none.
            if (header == 0 && offset == ConfigRegister.ConventionalEnd)
                break;
            if (header == AllOnes32)
            {
                problems.Add($"The list stops at 0x{offset:x3}, which reads all ones.");
                break;
            }

            var id = (ExtendedCapabilityId)(ushort)header;
            var length = CapabilityLength.Of(config, id, offset, end);
            entries.Add(new ExtendedCapability(id, (int)((header >> 16) & 0xf), offset, length));
            if (length > end - offset)
                problems.Add(Overrun(CapabilityNames.Of(id), offset, length.Value, end));
            var next = (int)(header >> 20) & PointerMask;
            if (next == 0)
                break;
            if (Objection(offset, next, ConfigRegister.ConventionalEnd, end, visited) is { } objection)
            {
                problems.Add(objection);
                break;
            }

            offset = next;
        }

        return new CapabilityList<ExtendedCapability>(entries, Joined(problems));
    }

    private static string? Objection(int pointerAt, int next, int lowest, int end, bool[] visited)
    {
        if (next < lowest)
            return $"The list stops at 0x{pointerAt:x2}, which points to 0x{next:x2}, where no capability of this list can be.";
        if (next > end - Alignment)
            return $"The list stops at 0x{pointerAt:x2}, which points to 0x{next:x2}, behind the end of the space at 0x{end:x2}.";
        return visited[next / Alignment] ? $"The list stops at 0x{pointerAt:x2}, which leads back to 0x{next:x2}: it is a loop." : null;
    }

    private static string Overrun(string name, int offset, int lengthInBytes, int end) =>
        $"The capability {name} at 0x{offset:x2} has {lengthInBytes} bytes and runs over the end at 0x{end:x2}.";

    private static string? Joined(List<string> problems) => problems.Count == 0 ? null : string.Join(' ', problems);
}
