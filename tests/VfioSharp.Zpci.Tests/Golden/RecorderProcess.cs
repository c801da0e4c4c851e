using System.Globalization;
using VfioSharp.Emulation;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Sysfs;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// The program that made a recording, as a process of the model: it holds one device and has a buffer, memory that ends where nothing is
/// mapped, and an address that is not mapped.
/// </summary>
internal sealed class RecorderProcess
{
    private const byte Filler = 0xa5;
    private const int BufferLength = 2 * UserAddressSpace.PageSize;
    private const ulong CommandRegister = 4;

    private VfioPciDevice? _device;

    /// <param name="host">The host's description.</param>
    /// <param name="function">The function that the program looks at.</param>
    /// <param name="functionOptions">What the machine says of it.</param>
    /// <param name="hostOptions">What the description leaves open.</param>
    public RecorderProcess(string host, PciFunction function, ZpciFunctionOptions? functionOptions = null, ZpciHostOptions? hostOptions = null)
    {
        Host = new ZpciHost(ZpciHostDescription.Parse(host), hostOptions);
        Function = Host.Plug(function, functionOptions);
        Process = Host.StartProcess();
        Buffer = Allocate(BufferLength);
        TwoPages = Allocate(2 * UserAddressSpace.PageSize);
    }

    private RecorderProcess(RecorderProcess parent)
    {
        (Host, Function, _device) = (parent.Host, parent.Function, parent._device);
        (Buffer, TwoPages) = (parent.Buffer, parent.TwoPages);
        Process = parent.Process.Fork();
    }

    public ZpciHost Host { get; }

    public ZpciFunction Function { get; }

    public UserProcess Process { get; }

    /// <summary>Where the program has the bytes that it reads and writes.</summary>
    public ulong Buffer { get; }

    /// <summary>The buffer, with every byte as it is before a read.</summary>
    public ulong FreshBuffer
    {
        get
        {
            Fill(Buffer, BufferLength);
            return Buffer;
        }
    }

    /// <summary>Memory of two pages, all zeros.</summary>
    public ulong TwoPages { get; }

    /// <summary>An address at which nothing is mapped, since mappings begin at the other end of the address space.</summary>
    public ulong Unmapped => 0x1000_0000;

    /// <summary>The program's own code.</summary>
    public ulong Code => Process.CodeAddress;

    /// <summary>The driver that holds the function.</summary>
    public string Driver => Host.Description.Driver ?? "vfio-pci";

    public VfioPciDevice Device => _device ?? throw new InvalidOperationException("The program has not opened the device.");

    public void Open() => _device = Host.OpenVfio(Function);

    public RecorderProcess Fork() => new(this);

    public KernelResult Map(int region, ulong offset, ulong length, Protection protection = Protection.Read | Protection.Write, MapFlags flags = MapFlags.Shared) =>
        Process.Memory.Map(Device, OffsetOf(region) + offset, length, protection, flags);

    /// <summary>Maps at a place in the device's file, whichever region that is.</summary>
    public KernelResult MapAt(ulong position, ulong length) => Process.Memory.Map(Device, position, length, Protection.Read | Protection.Write, MapFlags.Shared);

    /// <summary>Maps all of BAR 0, which has to succeed.</summary>
    public ulong Map(Protection protection) => AddressOf(Map(0, 0, Function.FindBar(0)!.LengthInBytes, protection));

    /// <summary>open(2) of a file in the function's folder in sysfs; null where there is none.</summary>
    public SysfsResourceFile? OpenResourceFile(string name) => Function.Sysfs.OpenResource(name, out var file).IsError ? null : file;

    public KernelResult MapResourceFile(int bar, ulong length) => OpenResourceFile($"resource{bar}") is { } file
        ? Process.Memory.Map(file, 0, length, Protection.Read | Protection.Write, MapFlags.Shared)
        : Errno.ENOENT;

    public ulong Allocate(ulong length, Protection protection = Protection.Read | Protection.Write) =>
        AddressOf(Process.Memory.Map(null, 0, length, protection, MapFlags.Private | MapFlags.Anonymous));

    /// <summary>
    /// The end of new memory: the byte before it can be used and is as bytes are before a read, the one at it is not mapped.
    /// </summary>
    public ulong AllocateEnd()
    {
        var page = Allocate(2 * UserAddressSpace.PageSize);
        Fill(page, UserAddressSpace.PageSize);
        return Unmap(page + UserAddressSpace.PageSize, UserAddressSpace.PageSize);
    }

    /// <summary>Takes a mapping away and answers with where it was.</summary>
    public ulong Unmap(ulong address, ulong length)
    {
        Assert.Equal(KernelResult.Success, Process.Memory.Unmap(address, length));
        return address;
    }

    public ulong Protect(ulong address, ulong length, Protection protection)
    {
        Assert.Equal(KernelResult.Success, Process.Memory.Protect(address, length, protection));
        return address;
    }

    public KernelResult ReadInto(ulong buffer, ulong address, ulong length) => Process.MmioRead(address, buffer, length);

    public KernelResult WriteFrom(ulong buffer, ulong address, ulong length) => Process.MmioWrite(address, buffer, length);

    /// <summary>Puts bytes to the start of the buffer and answers with its address.</summary>
    public ulong Put(byte[] bytes)
    {
        Poke(Buffer, bytes);
        return Buffer;
    }

    public void Poke(ulong address, byte[] bytes) => Assert.Equal(bytes.Length, Process.Poke(address, bytes));

    public byte[] Peek(ulong address, int length)
    {
        var bytes = new byte[length];
        Assert.Equal(length, Process.Peek(address, bytes));
        return bytes;
    }

    /// <summary>pread(2) of a region: the result, and the program's buffer afterwards.</summary>
    public (KernelResult Result, byte[] Data) Pread(int region, ulong offset, int length) => PreadAt(OffsetOf(region) + offset, length);

    /// <summary>pread(2) at a place in the device's file.</summary>
    public (KernelResult Result, byte[] Data) PreadAt(ulong position, int length)
    {
        var data = new byte[length];
        data.AsSpan().Fill(Filler);
        return (Device.Read(position, data), data);
    }

    public KernelResult Pwrite(int region, ulong offset, byte[] source) => PwriteAt(OffsetOf(region) + offset, source);

    public KernelResult PwriteAt(ulong position, byte[] source) => Device.Write(position, source);

    public string PreadHex(int region, ulong offset, int length)
    {
        var (result, data) = Pread(region, offset, length);
        Assert.Equal(length, result.Value);
        return Convert.ToHexStringLower(data);
    }

    /// <summary>A region, or null where the driver knows no such number.</summary>
    public VfioSharp.Zpci.Vfio.RegionInfo? Region(int index) => Device.GetRegionInfo(index, out var info).IsError ? null : info;

    public int ReadCommand() => Pread(7, CommandRegister, 2).Data is [var low, var high] ? low | high << 8 : 0;

    public KernelResult WriteCommand(int command) => Pwrite(7, CommandRegister, [(byte)command, (byte)(command >> 8)]);

    public string CommandText() => string.Create(CultureInfo.InvariantCulture, $"0x{ReadCommand():x4}");

    /// <summary>An interrupt's count and flags, or null where the function does not have it.</summary>
    public (int Count, uint Flags)? Interrupt(int index) =>
        Device.GetInterruptInfo(index, out var info).IsError ? null : (info.Count, (uint)info.Flags);

    public KernelResult Reset() => Device.Reset();

    public KernelResult ProtectResult(ulong address, ulong length, Protection protection) => Process.Memory.Protect(address, length, protection);

    private ulong OffsetOf(int region) => Region(region)?.Offset ?? throw new InvalidOperationException($"The device has no region {region}.");

    private void Fill(ulong address, int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(Filler);
        Poke(address, bytes);
    }

    private static ulong AddressOf(KernelResult mapping)
    {
        Assert.False(mapping.IsError, $"The mapping failed with {mapping.Errno}.");
        return (ulong)mapping.Value;
    }
}
