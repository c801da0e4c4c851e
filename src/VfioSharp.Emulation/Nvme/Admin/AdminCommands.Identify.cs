using System.Runtime.InteropServices;
using System.Text;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// Identify (NVMe Base 2.0, 5.17; NVM Command Set 1.0, 4.1.5).
internal sealed partial class AdminCommands
{
    private const byte NvmCommandSet = 0;
    private const ushort ThisController = 1;
    private const int DescriptorHeaderInBytes = 4;
    private const int MostListed = LongestPageInBytes / sizeof(uint);

    // OAES and Asynchronous Event Configuration.
    private const uint ChangedNamespacesNotice = 1 << 8;

    // LPA: Commands Supported and Effects; offsets and lengths of 32 bit.
    private const byte LogAttributes = 1 << 1 | 1 << 2;

    // VWC: there is a volatile write cache, and Flush of all namespaces is done.
    private const byte CacheIsFlushedForAll = 1 | 3 << 1;

    // SGLS: of any alignment, with bit buckets.
    private const uint SglSupport = 1 | 1 << 16;

    private NvmeStatus Identify(in SubmissionEntry command, FunctionHost host)
    {
        var page = _page.AsSpan();
        page.Clear();
        var kind = (IdentifyKind)(command.Dword10 & 0xff);
        var isOtherCommandSet = command.Dword11 >> 24 != NvmCommandSet;
        var status = kind switch
        {
            IdentifyKind.Controller => DescribeController(page),
            IdentifyKind.Namespace => DescribeNamespace(command.NamespaceId, page),
            IdentifyKind.ActiveNamespaces => ListNamespaces(command.NamespaceId, page),
            IdentifyKind.NamespaceDescriptors => DescribeNames(command.NamespaceId, page),
            IdentifyKind.CommandSetIndependentNamespace => DescribeIndependently(command.NamespaceId, page),
            IdentifyKind.CommandSets => DescribeCommandSets((ushort)(command.Dword10 >> 16), page),
            IdentifyKind.CommandSetNamespace or IdentifyKind.CommandSetController or IdentifyKind.CommandSetActiveNamespaces
                when isOtherCommandSet => NvmeStatus.Final(StatusCode.InvalidField),
            IdentifyKind.CommandSetActiveNamespaces => ListNamespaces(command.NamespaceId, page),
            // No extended formats, and no limits of single commands: nothing is set.
            IdentifyKind.CommandSetNamespace => CheckNamespace(command.NamespaceId),
            IdentifyKind.CommandSetController => NvmeStatus.Success,
            _ => NvmeStatus.Final(StatusCode.InvalidField),
        };
        return status.IsSuccess ? Send(in command, host, page) : status;
    }

    private NvmeStatus DescribeController(Span<byte> page)
    {
        ref var identity = ref MemoryMarshal.AsRef<IdentifyController>(page);
        var options = parts.Options;
        identity.PciVendorId = options.Identity.VendorId;
        identity.PciSubsystemVendorId = options.Identity.SubsystemVendorId;
        PutText(identity.SerialNumber, parts.Names.SerialNumber);
        PutText(identity.ModelNumber, options.ModelNumber);
        PutText(identity.FirmwareRevision, options.FirmwareRevision);
        identity.RecommendedArbitrationBurst = 5;
        identity.MaxDataTransferShift = Shift(options.MaxTransferInBytes / (int)parts.Capabilities.MinPageSizeInBytes);
        identity.ControllerId = ThisController;
        identity.Version = options.Version.Value;
        identity.OptionalAsyncEvents = ChangedNamespacesNotice;
        identity.ControllerType = 1;
        identity.OptionalAdminCommands = (ushort)(OptionalAdminCommand.Format | OptionalAdminCommand.Firmware
            | (controller.HasShadowDoorbells ? OptionalAdminCommand.DoorbellBuffer : OptionalAdminCommand.None));
        identity.AbortLimit = 3;
        identity.AsyncEventLimit = ActiveController.MostEventRequests - 1;
        identity.FirmwareUpdates = OneReadOnlySlot;
        identity.LogPageAttributes = LogAttributes;
        identity.ErrorLogEntries = ErrorLog.Length - 1;
        identity.WarningTemperatureInKelvin = ControllerHealth.WarningTemperatureInKelvin;
        identity.CriticalTemperatureInKelvin = ControllerHealth.CriticalTemperatureInKelvin;
        identity.FirmwareGranularity = FirmwareGranularityIn4KiB;
        identity.KeepAliveGranularity = ActiveController.KeepAliveGranularityInMilliseconds / 100;
        identity.SubmissionEntrySizes = SubmissionEntryShift << 4 | SubmissionEntryShift;
        identity.CompletionEntrySizes = CompletionEntryShift << 4 | CompletionEntryShift;
        identity.NamespaceCount = NamespaceCount;
        identity.OptionalIoCommands = (ushort)(OptionalIoCommand.Compare | OptionalIoCommand.DatasetManagement | OptionalIoCommand.WriteZeroes
            | OptionalIoCommand.SaveAndSelect | OptionalIoCommand.Timestamp | OptionalIoCommand.Verify);
        identity.VolatileWriteCache = CacheIsFlushedForAll;
        identity.SglSupport = SglSupport;
        Encoding.ASCII.GetBytes(parts.Names.SubsystemName).CopyTo(identity.SubsystemName);
        identity.PowerStateDescriptors[0].MaxPower = 2500;
        return NvmeStatus.Success;
    }

    // 5.17.2.2: those above a number, ascending.
    private NvmeStatus ListNamespaces(uint above, Span<byte> page)
    {
        if (above >= EveryNamespace - 1)
            return NvmeStatus.Final(StatusCode.InvalidNamespaceOrFormat);
        var list = MemoryMarshal.Cast<byte, Le32>(page);
        var count = 0;
        for (var id = above + 1; id <= NamespaceCount && count < MostListed; id++)
            list[count++] = id;
        return NvmeStatus.Success;
    }

    // 5.17.2.3: its UUID, and its command set.
    private NvmeStatus DescribeNames(uint id, Span<byte> page)
    {
        if (CheckNamespace(id) is { IsSuccess: false } refusal)
            return refusal;
        var uuid = parts.Names.MakeUuid(id);
        page[0] = (byte)NamespaceIdKind.Uuid;
        page[1] = (byte)uuid.Length;
        uuid.CopyTo(page[DescriptorHeaderInBytes..]);
        var commandSet = page[(DescriptorHeaderInBytes + uuid.Length)..];
        commandSet[0] = (byte)NamespaceIdKind.CommandSet;
        commandSet[1] = 1;
        commandSet[DescriptorHeaderInBytes] = NvmCommandSet;
        return NvmeStatus.Success;
    }

    // 5.17.2.15: one combination, of the NVM command set alone.
    private static NvmeStatus DescribeCommandSets(ushort ofController, Span<byte> page)
    {
        if (ofController is not (ThisController or ushort.MaxValue))
            return NvmeStatus.Final(StatusCode.InvalidField);
        page[0] = 1 << NvmCommandSet;
        return NvmeStatus.Success;
    }

    private NvmeStatus CheckNamespace(uint id) =>
        id == 0 || id > NamespaceCount ? NvmeStatus.Final(StatusCode.InvalidNamespaceOrFormat) : NvmeStatus.Success;

    // 1.4.1: ASCII, filled up with spaces.
    private static void PutText(Span<byte> field, string text)
    {
        field.Fill((byte)' ');
        Encoding.ASCII.GetBytes(text).CopyTo(field);
    }
}
