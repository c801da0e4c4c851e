using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>What of a controller outlasts its resets, for those who execute its commands.</summary>
internal sealed class ControllerParts(NvmeFunctionOptions options, ControllerCapabilities capabilities, Action requestWork)
{
    /// <summary>What it is made of.</summary>
    public NvmeFunctionOptions Options { get; } = options;

    /// <summary>CAP.</summary>
    public ControllerCapabilities Capabilities { get; } = capabilities;

    /// <summary>NN: how many namespaces there are.</summary>
    public uint NamespaceCount { get; init; }

    /// <summary>SN and what follows from it.</summary>
    public ControllerNames Names { get; } = ControllerNames.Of(options);

    /// <summary>The errors that commands ended with.</summary>
    public ErrorLog Errors { get; } = new();

    /// <summary>What SMART tells.</summary>
    public ControllerHealth Health { get; } = new();

    /// <summary>Sees to it that the controller is called when it has something to post; from any thread.</summary>
    public Action RequestWork { get; } = requestWork;
}
