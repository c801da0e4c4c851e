using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Conversations that no chance would make, and that have done harm to a server once, or would without its limits.</summary>
internal static class FoundInputs
{
    private const uint ReadWrite = DmaMapMessage.FlagRead | DmaMapMessage.FlagWrite;

    /// <summary>
    /// Maps as many pieces of memory as a server says that it takes, each of which is a mapping of its process: more than the kernel lets a process have
    /// (vm.max_map_count), so that the runtime got none any more and ended the process.
    /// </summary>
    public static Conversation MapMoreThanAProcessHas() =>
        MapMany((int)VfioUserDefaults.MaxDmaMaps, VfioUserDefaults.PageSizes, 2 * VfioUserDefaults.PageSizes);

    /// <summary>Maps 8 TiB of a file again and again, smaller pieces when those no longer fit, until a process has no addresses left for a thread.</summary>
    public static Conversation MapAllAddresses()
    {
        const ulong largest = 8ul << 40;
        const int ofEachSize = 4;

        var conversation = MapMany(32, largest, largest);
        var start = 64 * largest;
        for (var size = largest / 2; size >= VfioUserDefaults.PageSizes; size /= 2, start += ofEachSize * largest)
            conversation.Messages.AddRange(MapMany(ofEachSize, size, largest, start).Messages.Skip(1));
        return conversation;
    }

    private static Conversation MapMany(int count, ulong sizeInBytes, ulong stepInBytes, ulong start = 0)
    {
        var conversation = new Conversation(1, VictimFunction.All[0]);
        var version = new Payload().Add(default(VersionMessage)).Add("{}\0"u8);
        conversation.Messages.Add(new FuzzMessage(VfioUserHeader.ForCommand(1, VfioUserCommand.Version, version.Bytes.Length), version.Bytes));
        for (var i = 0; i < count; i++)
        {
            var map = new DmaMapMessage
            {
                ArgumentSize = DmaMapMessage.SizeInBytes,
                Flags = ReadWrite,
                Address = start + (ulong)i * stepInBytes,
                Size = sizeInBytes,
            };
            var header = VfioUserHeader.ForCommand(1, VfioUserCommand.DmaMap, DmaMapMessage.SizeInBytes, isPosted: true);
            conversation.Messages.Add(new FuzzMessage(header, new Payload().Add(map).Bytes) { Fds = [FdKind.Memory] });
        }

        return conversation;
    }
}
