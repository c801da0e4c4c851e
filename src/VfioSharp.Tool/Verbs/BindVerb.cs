using System.CommandLine;
using VfioSharp.Backends.Linux;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio bind` and `vfio unbind`.</summary>
internal static class BindVerb
{
    public static Command CreateBind(ToolHost host)
    {
        var address = DeviceArgument.CreatePci();
        var verb = new VerbCommand("bind", "Hand a function to vfio-pci, taking it from its driver", """
            Needs root, the module vfio-pci and an IOMMU. The function's driver lets go of it first: a disk or a
            network card disappears from the system. Repeating it changes nothing. Every other member of the
            function's IOMMU group must be without a driver or with vfio-pci too; `vfio list` shows who is in the
            way. Where a step fails, the steps before it are undone, and the message says what stands.

            The binding lasts until `vfio unbind` or the next boot.
            """)
        {
            address,
        };
        verb.SetVerb((parsed, _) =>
        {
            var function = parsed.GetRequiredValue(address);
            var result = new PciBinding(host.Functions).Bind(function);
            host.Output.WriteLine(result switch
            {
                { IsChanged: false } => $"{function} is bound to {result.CurrentDriver} already.",
                { PreviousDriver: null } => $"{function} is bound to {result.CurrentDriver}; no driver held it before.",
                _ => $"{function} is bound to {result.CurrentDriver}; {result.PreviousDriver} held it before.",
            });
        });
        return verb;
    }

    public static Command CreateUnbind(ToolHost host)
    {
        var address = DeviceArgument.CreatePci();
        var verb = new VerbCommand("unbind", "Take a function from vfio-pci and give it back to its driver", """
            Needs root. Waits until every program has closed the function; the kernel asks them to. Then the kernel
            looks for the function's driver as it does at boot, which may find none. Repeating it changes nothing.
            """)
        {
            address,
        };
        verb.SetVerb((parsed, _) =>
        {
            var function = parsed.GetRequiredValue(address);
            var result = new PciBinding(host.Functions).Unbind(function);
            host.Output.WriteLine(result switch
            {
                { IsChanged: false, CurrentDriver: null } => $"{function} is not bound to vfio-pci; no driver holds it.",
                { IsChanged: false } => $"{function} is not bound to vfio-pci; {result.CurrentDriver} holds it.",
                { CurrentDriver: null } => $"{function} is free; the kernel has no other driver for it.",
                _ => $"{function} is bound to {result.CurrentDriver} again.",
            });
        });
        return verb;
    }
}
