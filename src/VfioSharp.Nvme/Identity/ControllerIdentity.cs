using System.Runtime.InteropServices;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// What a controller says of itself (NVMe Base 2.0, 5.17.2.1), read and checked: text is printable, limits make sense. Immutable; a
/// controller that is reset gets a new one. Whoever needs a field that has no property here reads it from <see cref="Structure"/>.
/// </summary>
public sealed class ControllerIdentity
{
    private const int SubmissionEntryShift = 6;
    private const int CompletionEntryShift = 4;

    // What Linux grants at least and at most, whatever RTD3E says (drivers/nvme/host/core.c, shutdown_timeout).
    private static readonly TimeSpan ShortestShutdown = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestShutdown = TimeSpan.FromSeconds(60);

    private readonly byte[] _bytes;

    private ControllerIdentity(byte[] bytes, long minPageSizeInBytes)
    {
        _bytes = bytes;
        ref var identity = ref MemoryMarshal.AsRef<IdentifyController>(_bytes.AsSpan());
        SerialNumber = PrintableText.FromAscii(identity.SerialNumber);
        ModelNumber = PrintableText.FromAscii(identity.ModelNumber);
        FirmwareRevision = PrintableText.FromAscii(identity.FirmwareRevision);
        SubsystemName = PrintableText.FromUtf8(identity.SubsystemName);
        var oui = identity.IeeeOui;
        IeeeOui = oui[0] | oui[1] << 8 | oui[2] << 16;
        MaxTransferInBytes = LimitTransfers(identity.MaxDataTransferShift, minPageSizeInBytes);
        ShutdownTimeout = LimitShutdown(identity.EntryLatencyInMicroseconds.Value);
    }

    /// <summary>The structure as the controller sent it, unchecked.</summary>
    public ref readonly IdentifyController Structure => ref MemoryMarshal.AsRef<IdentifyController>(_bytes.AsSpan());

    /// <summary>The structure's <see cref="IdentifyController.SizeInBytes"/> bytes as the controller sent them.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>VID: the vendor of the function.</summary>
    public int PciVendorId => Structure.PciVendorId.Value;

    /// <summary>SSVID: the vendor of the subsystem.</summary>
    public int PciSubsystemVendorId => Structure.PciSubsystemVendorId.Value;

    /// <summary>SN, without the spaces that fill it up.</summary>
    public string SerialNumber { get; }

    /// <summary>MN, without the spaces that fill it up.</summary>
    public string ModelNumber { get; }

    /// <summary>FR, without the spaces that fill it up.</summary>
    public string FirmwareRevision { get; }

    /// <summary>SUBNQN: the NVM subsystem's qualified name; empty where there is none.</summary>
    public string SubsystemName { get; }

    /// <summary>IEEE: the vendor's organizationally unique identifier, 24 bit.</summary>
    public int IeeeOui { get; }

    /// <summary>CNTLID: the controller among those of its subsystem.</summary>
    public int ControllerId => Structure.ControllerId.Value;

    /// <summary>VER: the version that the controller follows; 0.0 before 1.2, which did not say it here.</summary>
    public NvmeVersion Version => new(Structure.Version.Value);

    /// <summary>NN: the highest namespace.</summary>
    public uint NamespaceCount => Structure.NamespaceCount.Value;

    /// <summary>MDTS: the most bytes that a command moves; null where the controller sets no limit, or one beyond 2 GiB.</summary>
    public int? MaxTransferInBytes { get; }

    /// <summary>RTD3E: how long a shutdown may take, from 5 s to 60 s whatever the controller says.</summary>
    public TimeSpan ShutdownTimeout { get; }

    /// <summary>OACS: the admin commands that it has beside those that each has.</summary>
    public OptionalAdminCommand AdminCommands => (OptionalAdminCommand)Structure.OptionalAdminCommands.Value;

    /// <summary>ONCS: the I/O commands that it has beside those that each has.</summary>
    public OptionalIoCommand IoCommands => (OptionalIoCommand)Structure.OptionalIoCommands.Value;

    /// <summary>ACL: how many aborts may be under way at once; 1 to 256.</summary>
    public int AbortLimit => Structure.AbortLimit + 1;

    /// <summary>AERL: how many requests for asynchronous events may be under way at once; 1 to 256.</summary>
    public int AsyncEventLimit => Structure.AsyncEventLimit + 1;

    /// <summary>ELPE: how many entries the error log has; 1 to 256.</summary>
    public int ErrorLogEntryCount => Structure.ErrorLogEntries + 1;

    /// <summary>FRMW: how many slots there are for firmware; 1 to 7.</summary>
    public int FirmwareSlotCount => Math.Max(1, Structure.FirmwareUpdates >> 1 & 7);

    /// <summary>LPA, bit 2: whether log pages can be read in parts, and longer than 16 KiB at once.</summary>
    public bool HasLogOffsets => (Structure.LogPageAttributes & 1 << 2) != 0;

    /// <summary>VWC, bit 0: whether there is a volatile write cache. Without one a completed write is on the medium.</summary>
    public bool HasVolatileWriteCache => (Structure.VolatileWriteCache & 1) != 0;

    /// <summary>KAS: in what steps the keep-alive timer counts; zero where there is no such timer.</summary>
    public TimeSpan KeepAliveGranularity => TimeSpan.FromMilliseconds(100 * Structure.KeepAliveGranularity.Value);

    /// <summary>SGLS, 1:0: whether data of I/O commands can be described by SGLs.</summary>
    public bool HasSgls => (Structure.SglSupport.Value & 3) is 1 or 2;

    /// <summary>SGLS, 1:0: whether SGLs have to begin, and be as long as, multiples of 4 bytes.</summary>
    public bool RequiresAlignedSgls => (Structure.SglSupport.Value & 3) == 2;

    /// <summary>Reads and checks what a controller sent.</summary>
    /// <param name="bytes">At least <see cref="IdentifyController.SizeInBytes"/> bytes; they are copied.</param>
    /// <param name="minPageSizeInBytes">CAP.MPSMIN, in which MDTS counts.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="NvmeException">The controller does not have the entry sizes that each must have (SQES, CQES).</exception>
    internal static ControllerIdentity Parse(ReadOnlySpan<byte> bytes, long minPageSizeInBytes)
    {
        var identity = new ControllerIdentity(bytes[..IdentifyController.SizeInBytes].ToArray(), minPageSizeInBytes);
        Require(identity.Structure.SubmissionEntrySizes, SubmissionEntryShift, "submission", "SQES");
        Require(identity.Structure.CompletionEntrySizes, CompletionEntryShift, "completion", "CQES");
        return identity;
    }

    // Figure 275: the required and the largest size, as powers of two. The NVM command set's are 64 and 16 bytes.
    private static void Require(byte sizes, int shift, string queue, string field)
    {
        var required = sizes & 0xf;
        var largest = sizes >> 4;
        if (required > shift || largest < shift)
        {
            throw new NvmeException(
                NvmeFailure.ProtocolViolation,
                $"The controller says that its {queue} queues do not take entries of {1 << shift} bytes ({field} is 0x{sizes:x2}), which every controller must.");
        }
    }

    private static int? LimitTransfers(byte shift, long minPageSizeInBytes)
    {
        // Beyond 2 GiB no span and no command of this driver is longer anyway; the largest page has 2^27 bytes, so the sum stays small.
        const int largestShift = 31;
        var pageShift = 0;
        while (1L << pageShift < minPageSizeInBytes)
            pageShift++;
        return shift == 0 || shift + pageShift >= largestShift ? null : 1 << (shift + pageShift);
    }

    private static TimeSpan LimitShutdown(uint microseconds)
    {
        var told = TimeSpan.FromMilliseconds(microseconds / 1000.0);
        return told < ShortestShutdown ? ShortestShutdown : told > LongestShutdown ? LongestShutdown : told;
    }
}
