using VfioSharp.Mmio;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Process;

namespace VfioSharp.Zpci.Backend;

/// <summary>The MMIO system calls of a modelled process, with buffers of this process.</summary>
internal sealed unsafe class ModelledSyscalls(UserProcess process, object gate) : MmioSyscalls
{
    /// <inheritdoc/>
    public override AccessOutcome Read(nuint address, Span<byte> destination)
    {
        fixed (byte* buffer = destination)
        {
            lock (gate)
                return Conclude(process.MmioRead(address, (ulong)buffer, (ulong)destination.Length));
        }
    }

    /// <inheritdoc/>
    public override AccessOutcome Write(nuint address, ReadOnlySpan<byte> source)
    {
        fixed (byte* buffer = source)
        {
            lock (gate)
                return Conclude(process.MmioWrite(address, (ulong)buffer, (ulong)source.Length));
        }
    }

    private static AccessOutcome Conclude(KernelResult result) =>
        result.IsError ? AccessOutcome.OfErrno(result.Errno) : AccessOutcome.OfConditionCode((int)result.Value);
}
