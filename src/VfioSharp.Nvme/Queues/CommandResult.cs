using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>What the controller answered to a command. Its size is fixed: Mono on IBM Z passes structures of odd sizes wrongly.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal readonly struct CommandResult
{
    private readonly ulong _result;
    private readonly NvmeStatus _status;

    public CommandResult(ulong result, NvmeStatus status)
    {
        _result = result;
        _status = status;
    }

    /// <summary>DW0 of the completion.</summary>
    public uint Result => (uint)_result;

    /// <summary>DW1 of the completion.</summary>
    public uint UpperResult => (uint)(_result >> 32);

    /// <summary>The status.</summary>
    public NvmeStatus Status => _status;
}
