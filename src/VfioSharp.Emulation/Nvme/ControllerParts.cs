using VfioSharp.Emulation.Nvme.Io;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>What of a controller outlasts its resets, for those who execute its commands.</summary>
internal sealed class ControllerParts(
    NvmeFunctionOptions options, ControllerCapabilities capabilities, ControllerMemoryBuffer? buffer, Action requestWork)
{
    /// <summary>What it is made of.</summary>
    public NvmeFunctionOptions Options { get; } = options;

    /// <summary>CAP.</summary>
    public ControllerCapabilities Capabilities { get; } = capabilities;

    /// <summary>The controller memory buffer, or null.</summary>
    public ControllerMemoryBuffer? Buffer { get; } = buffer;

    /// <summary>The namespaces, from number 1 on.</summary>
    public IReadOnlyList<NvmeImage> Images => Options.Images;

    /// <summary>What executes the commands of I/O queues.</summary>
    public IoCommands Io { get; } = new(options.Images, options.MaxTransferInBytes);

    /// <summary>SN and what follows from it.</summary>
    public ControllerNames Names { get; } = ControllerNames.Of(options);

    /// <summary>The errors that commands ended with.</summary>
    public ErrorLog Errors { get; } = new();

    /// <summary>What SMART tells.</summary>
    public ControllerHealth Health { get; } = new();

    /// <summary>Sees to it that the controller is called when it has something to post; from any thread.</summary>
    public Action RequestWork { get; } = requestWork;
}
