using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>
/// The system calls of the kernel that this process runs on (arch/s390/kernel/syscalls/syscall.tbl). For s390x only: elsewhere the numbers mean
/// something else.
/// </summary>
internal sealed unsafe class LinuxMmioSyscalls : MmioSyscalls
{
    /// <inheritdoc/>
    public override AccessOutcome Read(nuint address, Span<byte> destination)
    {
        fixed (byte* buffer = destination)
        {
            var result = Libc.syscall(Libc.SYS_s390_pci_mmio_read, address, buffer, (nuint)destination.Length);
            return result == 0 ? AccessOutcome.Done : Explain(result);
        }
    }

    /// <inheritdoc/>
    public override AccessOutcome Write(nuint address, ReadOnlySpan<byte> source)
    {
        fixed (byte* buffer = source)
        {
            var result = Libc.syscall(Libc.SYS_s390_pci_mmio_write, address, buffer, (nuint)source.Length);
            return result == 0 ? AccessOutcome.Done : Explain(result);
        }
    }

    // With MIO the kernel passes the instruction's condition code on as it is (pci_mmio.c, __memcpy_toio_inuser): not 0, and no error number.
    private static AccessOutcome Explain(nint result) => result switch
    {
        > 0 and <= 3 => AccessOutcome.OfConditionCode((int)result),
        -1 when Libc.LastErrno is not Errno.None and var errno => AccessOutcome.OfErrno(errno),
        _ => AccessOutcome.OfErrno(Errno.EIO),
    };
}
