using System.Buffers.Binary;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Kernel;

/// <summary>
/// The kernel's own accesses to PCI memory: arch/s390/pci/pci_insn.c and arch/s390/include/asm/pci_io.h. An address is a cookie without MIO,
/// and with MIO what ioremap() made of a physical address, which is what the model passes.
/// </summary>
internal static class KernelPciMemory
{
    /// <summary>zpci_load(): by handle with a cookie, or by MIO address.</summary>
    public static Errno Load(ZpciHost host, ulong address, ulong length, out ulong value)
    {
        value = 0;
        while (true)
        {
            var outcome = Find(host, address) is var (function, bar, offset)
                ? function.Load(bar, offset, length, isByHandle: !host.HaveMio, out value)
                : NothingThere(host);
            // __zpci_load(): a busy function is asked again, for ever. __pcilg_mio() is not repeated.
            if (outcome.ConditionCode != 2 || outcome.Exception != ProgramException.None || host.HaveMio)
                return Conclude(outcome);
        }
    }

    /// <summary>zpci_store().</summary>
    public static Errno Store(ZpciHost host, ulong address, ulong length, ulong value)
    {
        while (true)
        {
            var outcome = Find(host, address) is var (function, bar, offset)
                ? function.Store(bar, offset, length, isByHandle: !host.HaveMio, value)
                : NothingThere(host);
            if (outcome.ConditionCode != 2 || outcome.Exception != ProgramException.None || host.HaveMio)
                return Conclude(outcome);
        }
    }

    /// <summary>zpci_store_block().</summary>
    public static Errno StoreBlock(ZpciHost host, ulong address, ReadOnlySpan<byte> block)
    {
        while (true)
        {
            var outcome = Find(host, address) is var (function, bar, offset)
                ? function.StoreBlock(bar, offset, block, isByHandle: !host.HaveMio)
                : NothingThere(host);
            if (outcome.ConditionCode != 2 || outcome.Exception != ProgramException.None || host.HaveMio)
                return Conclude(outcome);
        }
    }

    /// <summary>zpci_memcpy_toio(), from a buffer of the kernel, which is aligned.</summary>
    public static Errno CopyTo(ZpciHost host, ulong address, ReadOnlySpan<byte> source)
    {
        var done = 0ul;
        while (done < (ulong)source.Length)
        {
            var left = (ulong)source.Length - done;
            var size = AccessSplitting.Next(host.Description.Kernel, address + done, done, left, AccessSplitting.LongestStore);
            var part = source.Slice((int)done, (int)size);
            var errno = size > 8 ? StoreBlock(host, address + done, part) : Store(host, address + done, size, ReadNumber(part));
            if (errno != Errno.None)
                return errno;
            done += size;
        }

        return Errno.None;
    }

    /// <summary>zpci_memcpy_fromio(), into a buffer of the kernel, which is aligned.</summary>
    public static Errno CopyFrom(ZpciHost host, ulong address, Span<byte> destination)
    {
        var done = 0ul;
        while (done < (ulong)destination.Length)
        {
            var left = (ulong)destination.Length - done;
            var size = AccessSplitting.Next(host.Description.Kernel, address + done, done, left, AccessSplitting.LongestLoad);
            var errno = Load(host, address + done, size, out var value);
            if (errno != Errno.None)
                return errno;
            WriteNumber(destination.Slice((int)done, (int)size), value);
            done += size;
        }

        return Errno.None;
    }

    /// <summary>ioread8() to ioread64(), in memory order: all ones where the load fails, and nobody is told (zpci_read()).</summary>
    public static void Read(ZpciHost host, ulong address, Span<byte> destination)
    {
        if (Load(host, address, (ulong)destination.Length, out var value) == Errno.None)
            WriteNumber(destination, value);
        else
            destination.Fill(0xff);
    }

    /// <summary>iowrite8() to iowrite64(), in memory order: a store that fails is lost, and nobody is told (zpci_write()).</summary>
    public static void Write(ZpciHost host, ulong address, ReadOnlySpan<byte> source) =>
        Store(host, address, (ulong)source.Length, ReadNumber(source));

    private static (ZpciFunction Function, int Bar, ulong Offset)? Find(ZpciHost host, ulong address) =>
        host.HaveMio ? MioWindow.Find(host, address) : host.Iomap.Find(address);

    // A cookie whose entry nobody has holds the handle 0; what is no MIO address is not addressable.
    private static PciOutcome NothingThere(ZpciHost host) =>
        host.HaveMio ? PciOutcome.Interrupted(ProgramException.Addressing) : PciOutcome.InvalidHandle;

    // The result is born as -ENXIO and stays that where the exception table is taken; a condition code above 0 is -EIO.
    private static Errno Conclude(PciOutcome outcome)
    {
        if (outcome.Exception != ProgramException.None)
            return Errno.ENXIO;
        return outcome.ConditionCode == 0 ? Errno.None : Errno.EIO;
    }

    private static ulong ReadNumber(ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        number.Clear();
        bytes.CopyTo(number[^bytes.Length..]);
        return BinaryPrimitives.ReadUInt64BigEndian(number);
    }

    private static void WriteNumber(Span<byte> bytes, ulong value)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        number[^bytes.Length..].CopyTo(bytes);
    }
}
