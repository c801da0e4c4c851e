using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Process;

/// <summary>
/// A process on the host: its address space, the instructions that it executes and the system calls that it makes. Its instructions, where a
/// signal is concerned, are those of a child that dies of it: the process goes on.
/// </summary>
public sealed partial class UserProcess
{
    internal UserProcess(ZpciHost host)
    {
        Host = host;
        Memory = new UserAddressSpace(host.MemoryInBytes);
        CodeAddress = (ulong)Memory.Map(null, 0, UserAddressSpace.PageSize, Protection.Read | Protection.Execute, MapFlags.Private).Value;
    }

    private UserProcess(UserProcess parent)
    {
        Host = parent.Host;
        Memory = parent.Memory.Fork();
        CodeAddress = parent.CodeAddress;
    }

    /// <summary>The host that it runs on.</summary>
    public ZpciHost Host { get; }

    /// <summary>Its address space.</summary>
    public UserAddressSpace Memory { get; }

    /// <summary>Where its code is: a page that it may read and execute.</summary>
    public ulong CodeAddress { get; }

    /// <summary>fork(2).</summary>
    /// <returns>The child.</returns>
    public UserProcess Fork() => new(this);

    /// <summary>mmap(2) of memory, private, for reading and writing.</summary>
    /// <param name="lengthInBytes">How much.</param>
    /// <returns>The address.</returns>
    public KernelResult AllocateMemory(ulong lengthInBytes) =>
        Memory.Map(null, 0, lengthInBytes, Protection.Read | Protection.Write, MapFlags.Private | MapFlags.Anonymous);

    /// <summary>Stores bytes into memory of the process.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="bytes">The bytes.</param>
    /// <returns>How many could be stored before a byte that cannot be written.</returns>
    public int Poke(ulong address, ReadOnlySpan<byte> bytes) => Memory.CopyTo(address, bytes);

    /// <summary>Loads bytes from memory of the process.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="bytes">Takes the bytes.</param>
    /// <returns>How many could be loaded before a byte that cannot be read.</returns>
    public int Peek(ulong address, Span<byte> bytes) => Memory.CopyFrom(address, bytes);

    /// <summary>Ends the process: nothing of it stays mapped.</summary>
    public void Exit()
    {
        foreach (var area in Memory.Areas.ToArray())
            Memory.Unmap(area.Start, area.LengthInBytes);
    }
}
