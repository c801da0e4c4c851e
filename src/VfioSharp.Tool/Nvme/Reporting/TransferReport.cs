using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>Data that was read or written.</summary>
/// <param name="Device">The device.</param>
/// <param name="Namespace">The namespace's number.</param>
/// <param name="FirstLba">The first block.</param>
/// <param name="BlockSizeInBytes">How many bytes a block has.</param>
/// <param name="LengthInBytes">How many bytes were transferred.</param>
/// <param name="Seconds">How long it took, a flush after a write included.</param>
/// <param name="BytesPerSecond">How much that is a second.</param>
internal sealed record TransferReport(
    string Device, uint Namespace, ulong FirstLba, int BlockSizeInBytes, ulong LengthInBytes, double Seconds, double BytesPerSecond)
{
    /// <summary>Describes a transfer.</summary>
    public static TransferReport Describe(DeviceAddress device, BlockRange range, ulong lengthInBytes, TimeSpan elapsed) => new(
        device.ToString(), range.Namespace.Id, range.FirstLba, range.Namespace.BlockSizeInBytes, lengthInBytes, Math.Round(elapsed.TotalSeconds, 6),
        Math.Round(lengthInBytes / Math.Max(elapsed.TotalSeconds, 1e-6)));
}
