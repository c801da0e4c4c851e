using VfioSharp.Zpci;

namespace VfioSharp.Tool.Zpci;

/// <summary>What the manuals say of modelled hosts.</summary>
internal static class ModelledHostManual
{
    public static string Text { get; } = $"""
        A modelled host is an IBM Z with its kernel, in this process. HOST is linux-VERSION with properties behind
        commas: mio or nomio (the default), or pci=off; fault=on|off, fit=on|off|size|flag and mmap=on|off, the three
        parts of the patch series that made BARs mappable there, each as the kernel has it unless it is said;
        driver=vfio-pci|ism_vfio_pci. FUNCTION is {string.Join(", ", ZpciFunctionAddress.FunctionNames)}; behind it ",mio=off" says that the
        machine gives it no MIO addresses, ",mio-fault=OFFSET" that every access by MIO address to five registers of
        BAR 0 fails: OFFSET with condition code 1, then, each 8 bytes further, with 2, 3, an operand exception, an
        addressing exception. Where a verb takes a DEVICE, zpci:HOST/FUNCTION is one:
          vfio probe zpci:linux-7.2,nomio/nvme
          vfio read zpci:linux-6.12,mio/nvme bar0 8

        """;
}
