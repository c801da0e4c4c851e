using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    /// <summary>The numbers of s390x (arch/s390/kernel/syscalls/syscall.tbl); other machines have other calls there.</summary>
    public const nint SYS_s390_pci_mmio_write = 352;

    /// <inheritdoc cref="SYS_s390_pci_mmio_write"/>
    public const nint SYS_s390_pci_mmio_read = 353;

    /// <summary>
    /// syscall(2) with three arguments. In C it is variadic; on s390x variadic arguments that are words are passed as others are (in
    /// registers), as they are on x86-64.
    /// </summary>
    [DllImport("libc", SetLastError = true)]
    public static extern nint syscall(nint number, nuint address, byte* buffer, nuint lengthInBytes);
}
