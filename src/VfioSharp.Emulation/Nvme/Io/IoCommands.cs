using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Io;

/// <summary>
/// Executes the commands of the NVM command set (NVM Command Set 1.0, 3.2; Flush is NVMe Base 2.0, 7.1) on images, one at a time. An exception is
/// a mistake in here: whatever the driver asks, and whatever becomes of an image, ends as a status.
/// </summary>
internal sealed partial class IoCommands
{
    private const uint EveryNamespace = uint.MaxValue;
    private const uint ForceUnitAccess = 1 << 30;

    private readonly NvmeImage[] _images;
    private readonly int _maxTransferInBytes;
    private readonly DataMap _map = new();

    /// <summary>Makes an executor, which may outlast resets of the controller.</summary>
    /// <param name="images">The namespaces, from number 1 on. They stay the caller's.</param>
    /// <param name="maxTransferInBytes">MDTS: how much a command may move.</param>
    public IoCommands(IReadOnlyList<NvmeImage> images, int maxTransferInBytes)
    {
        _images = images.ToArray();
        _maxTransferInBytes = maxTransferInBytes;
    }

    /// <summary>What was moved.</summary>
    public IoCounts Counts { get; } = new();

    /// <summary>Executes a command.</summary>
    /// <param name="command">The command, in a copy of the queue's entry.</param>
    /// <param name="pageShift">The logarithm of the memory page (CC.MPS).</param>
    /// <param name="host">The driver's memory. While it is reached, registers may be written and the controller be reset.</param>
    /// <returns>How the command ended.</returns>
    public NvmeStatus Execute(in SubmissionEntry command, int pageShift, FunctionHost host)
    {
        var status = Dispatch(in command, pageShift, host);
        if (status.Code is StatusCode.UnrecoveredReadError or StatusCode.WriteFault)
            Counts.CountMediaError();
        return status;
    }

    /// <summary>Writes to the disk what was written to any image.</summary>
    /// <returns>Success, or how the first that failed did.</returns>
    public NvmeStatus FlushAll()
    {
        var status = NvmeStatus.Success;
        foreach (var image in _images)
        {
            var flushed = image.Flush();
            if (status.IsSuccess)
                status = flushed;
        }

        return status;
    }

    private NvmeStatus Dispatch(in SubmissionEntry command, int pageShift, FunctionHost host)
    {
        var opcode = (IoOpcode)command.Opcode;
        if (!IsKnown(opcode))
            return NvmeStatus.Final(StatusCode.InvalidOpcode);
        if (command.Fuse != 0)
            return NvmeStatus.Final(StatusCode.InvalidField);
        var id = command.NamespaceId.Value;
        if (id == EveryNamespace && opcode == IoOpcode.Flush)
            return FlushAll();
        if (id == 0 || id > (uint)_images.Length)
            return NvmeStatus.Final(StatusCode.InvalidNamespaceOrFormat);
        var image = _images[id - 1];
        return opcode switch
        {
            IoOpcode.Read => Read(in command, image, pageShift, host),
            IoOpcode.Write => Write(in command, image, pageShift, host),
            IoOpcode.Flush => image.Flush(),
            IoOpcode.Compare => Compare(in command, image, pageShift, host),
            IoOpcode.WriteZeroes => WriteZeroes(in command, image),
            IoOpcode.DatasetManagement => ManageDataset(in command, image, pageShift, host),
            _ => Verify(in command, image),
        };
    }

    private static bool IsKnown(IoOpcode opcode) => opcode is IoOpcode.Read or IoOpcode.Write or IoOpcode.Flush or IoOpcode.Compare or IoOpcode.WriteZeroes
        or IoOpcode.DatasetManagement or IoOpcode.Verify;

    private NvmeStatus Read(in SubmissionEntry command, NvmeImage image, int pageShift, FunctionHost host)
    {
        var status = Locate(in command, image, out var offset, out var length);
        if (status.IsSuccess)
            status = CheckTransfer(length);
        if (status.IsSuccess)
            status = _map.Build(in command, (int)length, pageShift, intoMemory: true, host);
        for (var i = 0; status.IsSuccess && i < _map.RunCount; i++)
        {
            var run = _map.GetRun(i, out var dataOffset);
            if (!run.IsEmpty)
                status = image.Read(host, offset + dataOffset, run);
        }

        if (status.IsSuccess)
            Counts.CountRead((int)length);
        return status;
    }

    private NvmeStatus Write(in SubmissionEntry command, NvmeImage image, int pageShift, FunctionHost host)
    {
        var status = Locate(in command, image, out var offset, out var length);
        if (status.IsSuccess)
            status = CheckTransfer(length);
        if (status.IsSuccess && image.IsReadOnly)
            status = NvmeStatus.Final(StatusCode.NamespaceWriteProtected);
        if (status.IsSuccess)
            status = _map.Build(in command, (int)length, pageShift, intoMemory: false, host);
        if (status.IsSuccess)
            status = image.Write(host, offset, _map.GetRun(0, out _));
        if (status.IsSuccess && (command.Dword12 & ForceUnitAccess) != 0)
            status = image.Flush();
        if (status.IsSuccess)
            Counts.CountWrite((int)length);
        return status;
    }

    // Where in the image the blocks of a command lie: all of them, or LBA Out of Range.
    private static NvmeStatus Locate(in SubmissionEntry command, NvmeImage image, out long offset, out long length) =>
        Locate(command.StartLba, (command.Dword12 & 0xffff) + 1, image, out offset, out length);

    private static NvmeStatus Locate(ulong lba, uint blocks, NvmeImage image, out long offset, out long length)
    {
        var blockSize = image.BlockSizeInBytes;
        length = (long)blocks * blockSize;
        offset = 0;
        var size = image.SizeInBlocks;
        if (lba > size || blocks > size - lba)
            return NvmeStatus.Final(StatusCode.LbaOutOfRange);
        offset = (long)lba * blockSize;
        return NvmeStatus.Success;
    }

    // MDTS (NVMe Base 2.0, figure 275): a command that moves more is ended with Invalid Field in Command.
    private NvmeStatus CheckTransfer(long lengthInBytes) =>
        lengthInBytes > _maxTransferInBytes ? NvmeStatus.Final(StatusCode.InvalidField) : NvmeStatus.Success;
}
