using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// Get Log Page (NVMe Base 2.0, 5.16).
internal sealed partial class AdminCommands
{
    private const int RetainEventBit = 15;
    private const uint OffsetIsIndex = 1 << 23;
    private const int SupportedPageInBytes = 1024;
    private const uint FeatureSupported = 1;
    private const uint ScopeOfNamespace = 1 << 20;
    private const uint ScopeOfController = 1 << 21;
    private const byte TemperatureWarning = 1 << 1;

    private static readonly LogPageId[] SupportedPages =
    [
        LogPageId.SupportedLogPages, LogPageId.ErrorInformation, LogPageId.SmartHealth, LogPageId.FirmwareSlot, LogPageId.ChangedNamespaces,
        LogPageId.CommandsAndEffects, LogPageId.FeaturesAndEffects,
    ];

    private NvmeStatus GetLogPage(in SubmissionEntry command, FunctionHost host)
    {
        var id = (LogPageId)(command.Dword10 & 0xff);
        var length = (((ulong)(command.Dword11 & 0xffff) << 16 | command.Dword10 >> 16) + 1) * sizeof(uint);
        var offset = (ulong)command.Dword13.Value << 32 | command.Dword12;
        if (length > (ulong)parts.Options.MaxTransferInBytes || offset % sizeof(uint) != 0 || (command.Dword14 & OffsetIsIndex) != 0)
            return NvmeStatus.Final(StatusCode.InvalidField);
        var page = _page.AsSpan();
        page.Clear();
        if (Describe(id, in command, page) is not { } pageLength)
            return NvmeStatus.Final(id == LogPageId.SmartHealth ? StatusCode.InvalidField : StatusCode.InvalidLogPage);
        if (offset > (ulong)pageLength)
            return NvmeStatus.Final(StatusCode.InvalidField);
        var status = Send(in command, host, page.Slice((int)offset, (int)Math.Min(length, (ulong)pageLength - offset)));
        if (status.IsSuccess && (command.Dword10 >> RetainEventBit & 1) == 0)
            Acknowledge(id);
        return status;
    }

    // How long the page is; null where there is none.
    private int? Describe(LogPageId id, in SubmissionEntry command, Span<byte> page)
    {
        switch (id)
        {
            case LogPageId.SupportedLogPages:
                foreach (var supported in SupportedPages)
                    page[(int)supported * sizeof(uint)] = 1;
                return SupportedPageInBytes;
            case LogPageId.ErrorInformation:
                parts.Errors.CopyTo(page);
                return ErrorLog.Length * ErrorLogEntry.SizeInBytes;
            // LPA: there is none of a single namespace.
            case LogPageId.SmartHealth when command.NamespaceId.Value is 0 or EveryNamespace:
                parts.Health.Describe(ref MemoryMarshal.AsRef<SmartLog>(page), CriticalWarning, parts.Errors.Count, parts.Io.Counts);
                return SmartLog.SizeInBytes;
            case LogPageId.FirmwareSlot:
                DescribeFirmware(page);
                return FirmwareSlotLog.SizeInBytes;
            case LogPageId.ChangedNamespaces:
                DescribeChanged(page);
                return LongestPageInBytes;
            case LogPageId.CommandsAndEffects:
                CommandEffects.Describe(page, controller.HasShadowDoorbells);
                return LongestPageInBytes;
            case LogPageId.FeaturesAndEffects:
                DescribeFeatures(page);
                return SupportedPageInBytes;
            default:
                return null;
        }
    }

    private byte CriticalWarning => IsTemperatureCritical ? TemperatureWarning : (byte)0;

    // 5.16.1.20.
    private static void DescribeFeatures(Span<byte> page)
    {
        var features = MemoryMarshal.Cast<byte, Le32>(page);
        for (var id = 0; id <= byte.MaxValue; id++)
        {
            if (FeatureValues.IsSupported((FeatureId)id))
                features[id] = FeatureSupported | (FeatureValues.BelongsToNamespace((FeatureId)id) ? ScopeOfNamespace : ScopeOfController);
        }
    }

    private void DescribeChanged(Span<byte> page)
    {
        var list = MemoryMarshal.Cast<byte, Le32>(page);
        var count = 0;
        foreach (var id in _changed)
            list[count++] = id;
    }

    private void Acknowledge(LogPageId id)
    {
        switch (id)
        {
            case LogPageId.ErrorInformation:
                controller.Acknowledge(AsyncEventKind.Error);
                break;
            case LogPageId.SmartHealth:
                controller.Acknowledge(AsyncEventKind.SmartHealth);
                break;
            case LogPageId.ChangedNamespaces:
                _changed.Clear();
                controller.Acknowledge(AsyncEventKind.Notice);
                break;
        }
    }
}
