using VfioSharp.Nvme;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>What a namespace is to be put under. Immutable.</summary>
internal sealed record NvmeWorkload
{
    /// <summary>How many commands each queue has under way.</summary>
    public required int QueueDepth { get; init; }

    /// <summary>How many queues, with a thread each.</summary>
    public required int Queues { get; init; }

    /// <summary>How many bytes a command moves.</summary>
    public required int BlockSizeInBytes { get; init; }

    /// <summary>How many of a hundred commands read; the others write.</summary>
    public required int ReadPercent { get; init; }

    /// <summary>Whether some of the commands write.</summary>
    public bool Writes => ReadPercent < 100;

    /// <summary>Where commands go.</summary>
    public required AccessPattern Pattern { get; init; }

    /// <summary>Whether a thread sleeps until the controller interrupts; otherwise it looks again and again.</summary>
    public required bool UsesInterrupts { get; init; }

    /// <summary>How long it is measured.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long it runs before, unmeasured, until all code is compiled.</summary>
    public required TimeSpan Warmup { get; init; }

    /// <summary>How many commands find a place beside one another in a range.</summary>
    public ulong PlacesIn(BlockRange range) => range.LengthInBytes / (ulong)BlockSizeInBytes;

    /// <summary>Checks that the namespace can take it.</summary>
    /// <exception cref="VfioException">It cannot.</exception>
    public void Require(NvmeController controller, BlockRange range)
    {
        if (BlockSizeInBytes % range.Namespace.BlockSizeInBytes != 0)
            throw Refuse(controller, $"a command moves whole blocks, of {range.Namespace.BlockSizeInBytes} bytes.");
        if (BlockSizeInBytes > controller.MaxTransferInBytes)
            throw Refuse(controller, $"a command moves at most {controller.MaxTransferInBytes} bytes.");
        if (PlacesIn(range) < (ulong)Queues)
            throw Refuse(controller, $"there is not a place for each of {Queues} queues in {range.LengthInBytes} bytes.");
    }

    private VfioException Refuse(NvmeController controller, FormattableString why) => new(
        FormattableString.Invariant($"move {BlockSizeInBytes} bytes by a command"), controller.Device.Address.ToString(), Errno.None,
        FormattableString.Invariant(why));
}
