using System.Buffers.Binary;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// Get and Set Features (NVMe Base 2.0, 5.15 and 5.27; NVM Command Set 1.0, 4.1.4). A reset brings the defaults back: nothing can be saved, since
// nothing of the controller but its images outlasts the process.
internal sealed partial class AdminCommands
{
    private const uint SaveBit = 1u << 31;
    private const uint CanBelongToNamespace = 2;
    private const uint CanBeChanged = 4;
    private const int TimestampInBytes = 8;

    private readonly FeatureValues _features = new(parts, controller);

    private NvmeStatus GetFeatures(in SubmissionEntry command, FunctionHost host, out uint result)
    {
        var id = (FeatureId)(command.Dword10 & 0xff);
        var select = (FeatureSelect)(command.Dword10 >> 8 & 7);
        result = 0;
        if (!FeatureValues.IsSupported(id) || select > FeatureSelect.Capabilities)
            return NvmeStatus.Final(StatusCode.InvalidField);
        if (select == FeatureSelect.Capabilities)
        {
            result = CanBeChanged | (FeatureValues.BelongsToNamespace(id) ? CanBelongToNamespace : 0);
            return NvmeStatus.Success;
        }

        if (FeatureValues.BelongsToNamespace(id) && CheckNamespace(command.NamespaceId) is { IsSuccess: false } refusal)
            return refusal;
        var isCurrent = select == FeatureSelect.Current;
        if (id == FeatureId.Timestamp)
        {
            var timestamp = _page.AsSpan(0, TimestampInBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(timestamp, isCurrent ? _features.Timestamp : 0);
            return Send(in command, host, timestamp);
        }

        return isCurrent
            ? _features.TryGet(id, command.NamespaceId, command.Dword11, out result)
            : _features.TryGetDefault(id, command.Dword11, out result);
    }

    private NvmeStatus SetFeatures(in SubmissionEntry command, FunctionHost host, out uint result)
    {
        var id = (FeatureId)(command.Dword10 & 0xff);
        result = 0;
        if (!FeatureValues.IsSupported(id))
            return NvmeStatus.Final(StatusCode.InvalidField);
        if ((command.Dword10 & SaveBit) != 0)
            return NvmeStatus.Final(StatusCode.FeatureNotSaveable);
        var space = command.NamespaceId.Value;
        if (FeatureValues.BelongsToNamespace(id))
        {
            if (space != EveryNamespace && CheckNamespace(space) is { IsSuccess: false } refusal)
                return refusal;
        }
        else if (space is not (0 or EveryNamespace))
        {
            return NvmeStatus.Final(CheckNamespace(space).IsSuccess ? StatusCode.FeatureNotNamespaceSpecific : StatusCode.InvalidNamespaceOrFormat);
        }

        if (id != FeatureId.Timestamp)
            return _features.TrySet(id, space, command.Dword11, out result);
        var timestamp = _page.AsSpan(0, TimestampInBytes);
        var status = Fetch(in command, host, timestamp);
        if (status.IsSuccess)
            _features.Timestamp = BinaryPrimitives.ReadUInt64LittleEndian(timestamp);
        return status;
    }
}
