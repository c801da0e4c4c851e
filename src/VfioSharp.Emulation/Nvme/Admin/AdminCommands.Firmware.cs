using System.Runtime.InteropServices;
using System.Text;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// Firmware Image Download and Commit (NVMe Base 2.0, 5.12 and 5.13): there is one slot, which cannot be written.
internal sealed partial class AdminCommands
{
    // FRMW: slot 1 is read-only, and the only one.
    private const byte OneReadOnlySlot = 1 | 1 << 1;

    private const byte FirmwareGranularityIn4KiB = 1;
    private const uint FirmwareGranularityInBytes = FirmwareGranularityIn4KiB * 4096u;
    private const int OnlySlot = 1;

    // CA: what a commit is to do.
    private const int ReplaceWithoutActivation = 0;
    private const int ReplaceAndActivate = 1;
    private const int Activate = 2;
    private const int ActivateNow = 3;

    // 5.13: taken, so that a tool finds out by the commit that the slot is read-only.
    private NvmeStatus DownloadFirmware(in SubmissionEntry command, FunctionHost host)
    {
        var length = ((ulong)command.Dword10.Value + 1) * sizeof(uint);
        var offset = (ulong)command.Dword11.Value * sizeof(uint);
        if (length > (ulong)parts.Options.MaxTransferInBytes || (offset | length) % FirmwareGranularityInBytes != 0)
            return NvmeStatus.Final(StatusCode.InvalidField);
        return Discard(in command, host, (int)length);
    }

    private static NvmeStatus CommitFirmware(in SubmissionEntry command)
    {
        var slot = (int)(command.Dword10 & 7);
        var action = (int)(command.Dword10 >> 3 & 7);
        // Slot 0 leaves the choice to the controller, which has one.
        if (slot > OnlySlot)
            return NvmeStatus.Final(StatusCode.InvalidFirmwareSlot);
        return action switch
        {
            ReplaceWithoutActivation or ReplaceAndActivate => NvmeStatus.Final(StatusCode.InvalidFirmwareSlot),
            Activate or ActivateNow => NvmeStatus.Success,
            _ => NvmeStatus.Final(StatusCode.InvalidField),
        };
    }

    private void DescribeFirmware(Span<byte> page)
    {
        ref var log = ref MemoryMarshal.AsRef<FirmwareSlotLog>(page);
        log.ActiveFirmware = OnlySlot;
        var revision = log.Revisions[..8];
        revision.Fill((byte)' ');
        Encoding.ASCII.GetBytes(parts.Options.FirmwareRevision).CopyTo(revision);
    }
}
