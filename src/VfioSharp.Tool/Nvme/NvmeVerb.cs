using System.CommandLine;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Nvme;

/// <summary>`vfio nvme` and what it has below it.</summary>
internal static class NvmeVerb
{
    public static Command Create(ToolHost host) => new VerbCommand("nvme", "Drive an NVMe controller: what it is, how it is, its data, its speed", """
        The controller is reset, initialised, used and shut down by this process; the kernel's NVMe driver has no part
        in it. It can be a function of this machine that belongs to vfio-pci, one that another process serves
        (`vfio serve nvme`, or SPDK), or one of a modelled host.

        Each of the commands has a manual of its own: `vfio nvme read --help`.
        """)
    {
        NvmeIdentifyVerb.Create(host),
        NvmeSmartVerb.Create(host),
        NvmeReadVerb.Create(host),
        NvmeWriteVerb.Create(host),
        NvmeBenchVerb.Create(host),
    };
}
