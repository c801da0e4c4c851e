using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Process;

// The path with MIO: the kernel executes the instructions on the process's own addresses, in its address space (sacf 256). Mappings are not
// looked at; a page that is missing comes by an ordinary page fault, and what cannot be resolved ends at the exception table as -ENXIO, the
// value that the result was born with.
public sealed partial class UserProcess
{
    // __memcpy_toio_inuser()
    private KernelResult WriteByMio(ulong address, ulong buffer, ulong length)
    {
        if (buffer == 0)
            return Errno.EINVAL;
        while (length > 0)
        {
            var size = AccessSplitting.Next(Host.Description.Kernel, address, buffer, length, AccessSplitting.LongestStore);
            var result = size > 8 ? StoreBlockInUser(address, buffer, size) : StoreInUser(address, buffer, size);
            if (result.Value != 0)
                return result;
            address += size;
            buffer += size;
            length -= size;
        }

        return KernelResult.Success;
    }

    // __memcpy_fromio_inuser(): the boundary of 4 KiB is counted from the buffer.
    private KernelResult ReadByMio(ulong address, ulong buffer, ulong length)
    {
        while (length > 0)
        {
            var size = AccessSplitting.Next(Host.Description.Kernel, address, buffer, length, AccessSplitting.LongestLoad);
            var result = LoadInUser(address, buffer, size);
            if (result.Value != 0)
                return result;
            address += size;
            buffer += size;
            length -= size;
        }

        return KernelResult.Success;
    }

    // __pcilg_mio_inuser(): loads into a register, then stores byte by byte.
    private KernelResult LoadInUser(ulong address, ulong buffer, ulong size)
    {
        var loaded = Pcilgi(address, size);
        if (loaded.Signal.IsRaised)
            return Errno.ENXIO;
        if (loaded.ConditionCode != 0)
            return new KernelResult(loaded.ConditionCode) { Guess = loaded.Guess };

        Span<byte> octet = stackalloc byte[1];
        for (var left = (int)size; left > 0; left--)
        {
            octet[0] = (byte)(loaded.Value >> (left - 1) * 8);
            if (Memory.CopyTo(buffer + size - (ulong)left, octet) == 1)
                continue;
            // A byte that cannot be stored ends the loop with the condition code of what was executed last, AHI shift,-8: 2 while the shift is
            // above 0, which is returned as if the device were busy; 0 for the last byte, and only then the bytes that are missing are noticed.
            return left > 1 && KernelRules.LosesBufferFault(Host.Description.Kernel) ? new KernelResult(2) : Errno.EFAULT;
        }

        return KernelResult.Success;
    }

    // __pcistg_mio_inuser(): collects the bytes in a register, then stores it.
    private KernelResult StoreInUser(ulong address, ulong buffer, ulong size)
    {
        Span<byte> bytes = stackalloc byte[(int)size];
        if (Memory.CopyFrom(buffer, bytes) < bytes.Length)
            return Errno.ENXIO;
        var value = 0ul;
        foreach (var octet in bytes)
            value = value << 8 | octet;
        return Conclude(Pcistgi(address, size, value));
    }

    // __pcistb_mio_inuser()
    private KernelResult StoreBlockInUser(ulong address, ulong buffer, ulong size) => Conclude(Pcistbi(address, size, buffer));

    // The condition code is the result: 1, 2 and 3 are returned as they are, and busy is not tried again.
    private static KernelResult Conclude(InstructionOutcome outcome) =>
        outcome.Signal.IsRaised ? Errno.ENXIO : new KernelResult(outcome.ConditionCode) { Guess = outcome.Guess };
}
