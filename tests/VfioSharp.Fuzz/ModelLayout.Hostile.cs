using System.Buffers.Binary;

namespace VfioSharp.Fuzz;

// Devices that cannot be.
internal sealed partial record ModelLayout
{
    private static readonly string[] HostileVersions =
    [
        "{}",
        """{"capabilities":{"max_data_xfer_size":8,"max_msg_fds":1}}""",
        """{"capabilities":{"max_data_xfer_size":64,"max_msg_fds":2}}""",
        """{"capabilities":{"max_data_xfer_size":7}}""",
        """{"capabilities":{"max_msg_fds":0}}""",
        """{"capabilities":{"max_dma_maps":1,"pgsizes":65536}}""",
        """{"capabilities":{"max_dma_maps":0}}""",
        """{"capabilities":{"pgsizes":9223372036854775807}}""",
        """{"capabilities":{"twin_socket":{"supported":true}}}""",
        """{"capabilities":{"twin_socket":{"supported":true,"fd_index":1}}}""",
        """{"capabilities":{"twin_socket":{"supported":true,"fd_index":4294967295}}}""",
    ];

    /// <summary>A device of which some things are not true, or are so in no device.</summary>
    public static ModelLayout MakeHostile(Dice dice)
    {
        var layout = dice.OneIn(2) ? Honest.WithTwinSocket() : Honest;
        var regions = layout.Regions.ToArray();
        for (var i = dice.Between(1, 4); i > 0; i--)
        {
            switch (dice.Below(8))
            {
                case 0:
                    layout = layout with { Version = dice.Pick<string>(HostileVersions) };
                    break;
                case 1:
                    layout = layout with { VersionFds = [.. Enumerable.Range(0, dice.Below(4)).Select(_ => AnyFd(dice))] };
                    break;
                case 2 or 3 or 4:
                    var index = dice.OneIn(4) ? dice.Below(RegionCount) : dice.Pick(0, 2);
                    regions[index] = MakeHostile(regions[index], dice);
                    break;
                case 5 or 6:
                    layout = layout with { Config = MakeHostileConfig(dice) };
                    break;
                default:
                    var interrupts = layout.Interrupts.ToArray();
                    interrupts[dice.Below(IrqIndexCount)] = ((uint)dice.Awkward(), dice.Pick(0u, 1u, 2u, 33u, 2048u, 2049u, (uint)dice.Awkward()));
                    layout = layout with { Interrupts = interrupts };
                    break;
            }
        }

        return layout with { Regions = regions };
    }

    private static FdKind AnyFd(Dice dice) => (FdKind)dice.Below(Enum.GetValues<FdKind>().Length);

    private static ModelRegion MakeHostile(ModelRegion region, Dice dice) => dice.Below(7) switch
    {
        0 => region with { LengthInBytes = dice.Awkward() },
        1 => region with { Offset = dice.Awkward() },
        2 => region with { Flags = (uint)dice.Below(16) },
        // Shorter than the region, or of another kind, or more than were asked for.
        3 => region with { Fds = [.. Enumerable.Range(0, dice.Below(3)).Select(_ => AnyFd(dice))] },
        4 => region with { ArgumentSize = (uint)dice.Awkward() },
        _ => MakeHostileChain(region, dice),
    };

    // Capabilities whose list comes back to where it was, ends outside of the reply, or runs through itself; areas that overlap or lie outside.
    private static ModelRegion MakeHostileChain(ModelRegion region, Dice dice)
    {
        const uint front = 32;
        var chain = new Payload();
        var count = dice.Between(1, 6);
        for (var i = 0; i < count; i++)
        {
            var here = front + (uint)chain.Bytes.Length;
            var areas = new (ulong, ulong)[dice.Pick(0, 1, 1, 2, 5, 64)];
            for (var area = 0; area < areas.Length; area++)
                areas[area] = dice.OneIn(3) ? (dice.Awkward(), dice.Awkward()) : ((ulong)dice.Below(10) << 12, (ulong)dice.Between(1, 3) << 12);
            var end = here + 16 + 16 * (uint)areas.Length;
            var next = dice.Below(8) switch
            {
                0 => here,
                1 => front,
                2 => here + (uint)dice.Between(1, 16),
                3 => (uint)dice.Awkward(),
                4 => 0u,
                _ => end,
            };
            var capability = SparseAreas(dice.Pick<ushort>(1, 1, 1, 2, 3, 0, 0xffff), next, areas);
            if (dice.OneIn(6))
                BinaryPrimitives.WriteUInt32LittleEndian(capability.AsSpan(8), (uint)dice.Awkward());
            chain.Add(capability);
        }

        return region with
        {
            Flags = region.Flags | ModelRegion.HasCapabilities,
            Chain = chain.Bytes.ToArray(),
            CapabilityOffset = dice.OneIn(4) ? (uint)dice.Awkward() : front,
        };
    }

    // The table of MSI-X and its pending bits at places where none can be, and lists of capabilities without an end.
    private static byte[] MakeHostileConfig(Dice dice)
    {
        var config = (byte[])Honest.Config.Clone();
        switch (dice.Below(5))
        {
            case 0:
                var table = dice.OneIn(2) ? (uint)dice.Below(16) << 12 | (uint)dice.Below(8) : (uint)dice.Awkward();
                BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(MsixCapability + 4), table);
                break;
            case 1:
                BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(MsixCapability + 8), (uint)dice.Awkward());
                BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(MsixCapability + 2), (ushort)dice.Next());
                break;
            case 2:
                config[dice.Pick(0x34, MsixCapability + 1, MsiCapability + 1)] = (byte)dice.Next();
                break;
            case 3:
                config[MsiCapability + 2] = (byte)dice.Next();
                break;
            default:
                for (var i = dice.Between(1, 64); i > 0; i--)
                    config[dice.Below(config.Length)] = (byte)dice.Next();
                break;
        }

        return config;
    }
}
