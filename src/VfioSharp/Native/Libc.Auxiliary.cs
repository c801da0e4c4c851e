using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const nuint AT_HWCAP = 16;

    /// <summary>arch/s390/include/asm/elf.h, HWCAP_NR_PCI_MIO: the machine has MIO instructions and the kernel uses them (no pci=nomio).</summary>
    public const nuint HWCAP_S390_PCI_MIO = 1 << 21;

    /// <summary>What the kernel told the process when it started; 0 where it told nothing of the kind.</summary>
    [DllImport("libc")]
    public static extern nuint getauxval(nuint type);
}
