using System.Text;
using System.Text.Json;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Client;

/// <summary>What is looked at in what a client sends to a server that does everything right.</summary>
internal static class Conduct
{
    /// <summary>What the client said of itself and did, for people.</summary>
    public static IReadOnlyList<string> Describe(ClientRecord record) =>
    [
        .. record.Of(VfioUserCommand.Version).Take(1).Where(version => version.Payload.Length >= 4)
            .Select(version => $"version {version.U16(0)}.{version.U16(2)} {Encoding.UTF8.GetString(version.Payload.AsSpan(4)).TrimEnd('\0')}"),
        $"commands: {string.Join(", ", record.Commands.GroupBy(command => command.Header.Command).OrderBy(group => group.Key).Select(group => $"{group.Key} {group.Count()}"))}",
    ];

    public static void Stream(ClientRecord record) => Expect.That(record.StreamFault is null, $"{record.StreamFault}.");

    public static void VersionFirst(ClientRecord record)
    {
        Expect.That(
            record.Commands is [{ Header.Command: VfioUserCommand.Version }, ..],
            $"the first message is {record.Commands.FirstOrDefault()?.Header.Command}, not VERSION.");
        Expect.That(record.Of(VfioUserCommand.Version).Count() == 1, "VERSION is sent more than once.");
    }

    public static void VersionText(ClientRecord record)
    {
        var version = record.Commands[0];
        Expect.Equal(0, version.U16(0), "the major version");
        if (version.Payload.Length == 4)
            return;
        var text = version.Payload.AsSpan(4);
        Expect.That(text.IndexOf((byte)0) == text.Length - 1, "the JSON does not end with its only NUL.");
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(text[..^1]));
            Expect.That(document.RootElement.ValueKind == JsonValueKind.Object, "the JSON is no object.");
            if (!document.RootElement.TryGetProperty("capabilities", out var capabilities))
                return;
            Expect.That(capabilities.ValueKind == JsonValueKind.Object, "the capabilities are no object.");
            foreach (var name in (string[])["max_msg_fds", "max_data_xfer_size", "max_dma_maps", "pgsizes"])
                Expect.That(!capabilities.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Number, $"{name} is no number.");
        }
        catch (JsonException failure)
        {
            throw new CaseFailedException($"the JSON cannot be read: {failure.Message}");
        }
    }

    public static void Headers(ClientRecord record)
    {
        foreach (var command in record.Commands)
        {
            Expect.That(command.Header.IsCommand, $"the type of {command.Header.Command} is {command.Header.Flags & VfioUserHeader.TypeMask}.");
            Expect.That(
                (command.Header.Flags & ~(VfioUserHeader.TypeMask | VfioUserHeader.FlagNoReply)) == 0,
                $"the flags of {command.Header.Command} are 0x{command.Header.Flags:x}.");
        }
    }

    public static void KnownCommands(ClientRecord record)
    {
        foreach (var command in record.Commands)
        {
            Expect.That(
                (ushort)command.Header.Command is >= 1 and <= 10 or 13 or 16 or 17 or 18,
                $"command {(ushort)command.Header.Command} was sent, which is not for clients, or not offered by the server.");
        }
    }

    public static void Sizes(ClientRecord record)
    {
        foreach (var command in record.Commands)
        {
            var (least, isExact) = command.Header.Command switch
            {
                VfioUserCommand.DmaMap => (32, true),
                VfioUserCommand.DmaUnmap => (24, false),
                VfioUserCommand.DeviceGetInfo => (16, false),
                VfioUserCommand.DeviceGetRegionInfo => (32, false),
                VfioUserCommand.DeviceGetIrqInfo => (16, false),
                VfioUserCommand.DeviceSetIrqs => (20, false),
                VfioUserCommand.RegionRead => (16, true),
                VfioUserCommand.RegionWrite => (16, false),
                VfioUserCommand.DeviceReset => (0, true),
                _ => (0, false),
            };
            var length = command.Payload.Length;
            Expect.That(
                length == least || !isExact && length > least,
                $"{command.Header.Command} has {length} bytes behind its header, expected {(isExact ? string.Empty : "at least ")}{least}.");
        }
    }

    public static void ArgumentSizes(ClientRecord record)
    {
        foreach (var (kind, least) in ((VfioUserCommand, uint)[])
                 [
                     (VfioUserCommand.DmaMap, 32), (VfioUserCommand.DmaUnmap, 24), (VfioUserCommand.DeviceGetInfo, 16),
                     (VfioUserCommand.DeviceGetRegionInfo, 32), (VfioUserCommand.DeviceGetIrqInfo, 16), (VfioUserCommand.DeviceSetIrqs, 20),
                 ])
        {
            foreach (var command in record.Of(kind))
                Expect.That(command.U32(0) >= least, $"argsz of {kind} is {command.U32(0)}, expected at least {least}.");
        }
    }

    public static void Indices(ClientRecord record)
    {
        foreach (var command in record.Of(VfioUserCommand.DeviceGetRegionInfo))
            Expect.That(
                command.U32(8) < ScriptedDevice.RegionCount,
                $"region {command.U32(8)} was asked for; there are {ScriptedDevice.RegionCount}.");
        foreach (var command in record.Of(VfioUserCommand.DeviceGetIrqInfo))
            Expect.That(
                command.U32(8) < ScriptedDevice.IrqCount,
                $"interrupt index {command.U32(8)} was asked for; there are {ScriptedDevice.IrqCount}.");
    }

    public static void Accesses(ClientRecord record)
    {
        foreach (var access in record.Of(VfioUserCommand.RegionRead).Concat(record.Of(VfioUserCommand.RegionWrite)))
        {
            var (offset, region, count) = (access.U64(0), access.U32(8), access.U32(12));
            var size = ScriptedDevice.SizeOf(region);
            Expect.That(
                count <= size && offset <= size - count,
                $"{access.Header.Command} of {count} bytes at 0x{offset:x} of region {region}, which has 0x{size:x}.");
            if (access.Header.Command == VfioUserCommand.RegionWrite)
                Expect.Equal(16 + count, (ulong)access.Payload.Length, "the payload of a write");
        }
    }

    public static void FdCounts(ClientRecord record)
    {
        foreach (var command in record.Commands)
            Expect.That(
                command.Fds.Count <= ScriptedDevice.MaxFds,
                $"{command.Header.Command} has {command.Fds.Count} descriptors; max_msg_fds of the server is {ScriptedDevice.MaxFds}.");
    }

    public static void FdsWhereExpected(ClientRecord record)
    {
        foreach (var command in record.Commands.Where(command => command.Fds.Count != 0))
        {
            Expect.That(
                command.Header.Command is VfioUserCommand.DmaMap or VfioUserCommand.DeviceSetIrqs,
                $"{command.Header.Command} has {command.Fds.Count} descriptors.");
            if (command.Header.Command == VfioUserCommand.DmaMap)
                Expect.That(command.Fds.Count == 1, $"DMA_MAP has {command.Fds.Count} descriptors.");
        }
    }

    public static void SetIrqs(ClientRecord record)
    {
        foreach (var set in record.Of(VfioUserCommand.DeviceSetIrqs))
        {
            var (flags, index, start, count) = (set.U32(4), set.U32(8), set.U32(12), set.U32(16));
            var what = $"SET_IRQS with flags 0x{flags:x}, index {index}, start {start}, count {count}";
            Expect.That(
                uint.PopCount(flags & 0x7) == 1 && uint.PopCount(flags & 0x38) == 1 && flags < 0x40,
                $"{what}: one kind of data and one action are expected.");
            Expect.That(
                index < ScriptedDevice.IrqCount && (ulong)start + count <= ScriptedDevice.CountOf(index) || count == 0,
                $"{what}: the index has {(index < ScriptedDevice.IrqCount ? ScriptedDevice.CountOf(index) : 0)} interrupts.");
            Expect.That(set.Fds.Count == 0 || (flags & SetEventFd) != 0 && set.Fds.Count == count, $"{what}: {set.Fds.Count} descriptors.");
        }
    }

    public static void Maps(ClientRecord record)
    {
        var maps = new List<(ulong Start, ulong End)>();
        foreach (var command in record.Commands)
        {
            if (command.Header.Command == VfioUserCommand.DmaMap)
            {
                var (flags, address, size) = (command.U32(4), command.U64(16), command.U64(24));
                Expect.That(size != 0 && address <= ulong.MaxValue - (size - 1), $"DMA_MAP of 0x{size:x} bytes at 0x{address:x}.");
                Expect.That((flags & ~0xfu) == 0, $"the flags of DMA_MAP are 0x{flags:x}.");
                Expect.That(
                    !maps.Any(map => address < map.End && map.Start < address + size),
                    $"DMA_MAP of 0x{size:x} bytes at 0x{address:x} overlaps an earlier one.");
                maps.Add((address, address + size));
            }
            else if (command.Header.Command == VfioUserCommand.DmaUnmap)
            {
                var (flags, address, size) = (command.U32(4), command.U64(8), command.U64(16));
                maps.RemoveAll(map => (flags & UnmapAll) != 0 || address <= map.Start && map.End <= address + size);
            }
        }
    }

    public static void Posted(ClientRecord record)
    {
        foreach (var command in record.Commands.Where(command => command.Header.IsPosted))
            Expect.That(
                command.Header.Command is VfioUserCommand.RegionWrite or VfioUserCommand.DmaUnmap,
                $"{command.Header.Command} is sent with No_reply, though its answer matters.");
    }
}
