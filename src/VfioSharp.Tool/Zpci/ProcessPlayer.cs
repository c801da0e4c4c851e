using VfioSharp.Backends;
using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Sysfs;

namespace VfioSharp.Tool.Zpci;

/// <summary>
/// Plays the steps of a process on a modelled host: one system call or one instruction each. It has a buffer of two pages for the bytes that a
/// step reads or writes, unless the step names another address.
/// </summary>
internal sealed partial class ProcessPlayer
{
    private const byte Filler = 0xa5;
    private const int BufferLength = 2 * UserAddressSpace.PageSize;

    private readonly ModelTarget _target;
    private readonly UserProcess _process;
    private readonly ulong _buffer;
    private readonly Dictionary<string, ulong> _mappings = new(StringComparer.Ordinal);
    private ZpciDmaDomain? _domain;
    private int _messagesShown;

    /// <param name="target">The host and the function.</param>
    public ProcessPlayer(ModelTarget target)
    {
        _target = target;
        _process = target.Host.StartProcess();
        _buffer = (ulong)_process.AllocateMemory(BufferLength).Value;
    }

    /// <summary>Whether nothing is under a name, since what was to make it failed.</summary>
    public bool Lacks(StepAddress address) => address.Name is { } name && !_mappings.ContainsKey(name);

    /// <summary>mmap(2) of a part of a region.</summary>
    public StepResult MapRegion(string? name, int region, ulong offset, ulong? lengthInBytes, Protection protection, MapFlags flags)
    {
        var device = _target.DeviceFile;
        if (device.GetRegionInfo(region, out var info) is { IsError: true } refusal)
            return StepResult.OfMapping(refusal.Errno);
        return Map(name, device, info.Offset + offset, lengthInBytes ?? info.SizeInBytes, protection, flags);
    }

    /// <summary>open(2) and mmap(2) of a file in the function's folder in sysfs.</summary>
    public StepResult MapResource(string? name, string file, ulong offset, ulong? lengthInBytes, Protection protection, MapFlags flags) =>
        OpenResource(file, out var resource) is { IsError: true } refusal
            ? StepResult.OfMapping(refusal.Errno)
            : Map(name, resource, offset, lengthInBytes ?? resource!.SizeInBytes, protection, flags);

    /// <summary>mmap(2) of memory.</summary>
    public StepResult MapMemory(string? name, ulong lengthInBytes, Protection protection) =>
        Map(name, null, 0, lengthInBytes, protection, MapFlags.Private | MapFlags.Anonymous);

    /// <summary>munmap(2).</summary>
    public StepResult Unmap(StepAddress address, ulong lengthInBytes) => OfCall(_process.Memory.Unmap(Resolve(address), lengthInBytes));

    /// <summary>mprotect(2).</summary>
    public StepResult Protect(StepAddress address, ulong lengthInBytes, Protection protection) =>
        OfCall(_process.Memory.Protect(Resolve(address), lengthInBytes, protection));

    /// <summary>s390_pci_mmio_read.</summary>
    public StepResult MmioRead(StepAddress address, ulong lengthInBytes, StepAddress? buffer)
    {
        Fill();
        var result = _process.MmioRead(Resolve(address), buffer is { } given ? Resolve(given) : _buffer, lengthInBytes);
        return OfMmio(result, buffer is null ? Peek(lengthInBytes) : default);
    }

    /// <summary>s390_pci_mmio_write of bytes.</summary>
    public StepResult MmioWrite(StepAddress address, byte[] bytes) =>
        OfMmio(_process.MmioWrite(Resolve(address), Put(bytes), (ulong)bytes.Length));

    /// <summary>s390_pci_mmio_write from an address.</summary>
    public StepResult MmioWriteFrom(StepAddress address, StepAddress buffer, ulong lengthInBytes) =>
        OfMmio(_process.MmioWrite(Resolve(address), Resolve(buffer), lengthInBytes));

    /// <summary>pread(2) of a region.</summary>
    public StepResult ReadFile(int region, ulong offset, ulong lengthInBytes)
    {
        var data = new byte[lengthInBytes];
        data.AsSpan().Fill(Filler);
        return OfCall(_target.DeviceFile.Read(PlaceOf(region, offset), data), Shown(data));
    }

    /// <summary>pwrite(2) of a region.</summary>
    public StepResult WriteFile(int region, ulong offset, byte[] bytes) => OfCall(_target.DeviceFile.Write(PlaceOf(region, offset), bytes));

    /// <summary>VFIO_DEVICE_GET_REGION_INFO.</summary>
    public StepResult DescribeRegion(int region) => RegionText.Of(_target.DeviceFile.GetRegionInfo(region, out var info), info);

    /// <summary>VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY or _EXIT.</summary>
    public StepResult SetLowPower(bool isOn) => OfCall(isOn ? _target.DeviceFile.EnterLowPower() : _target.DeviceFile.ExitLowPower());

    /// <summary>Makes accesses by MIO address to eight bytes of a BAR fail.</summary>
    public StepResult Inject(int bar, ulong offset, PciOutcome outcome)
    {
        _target.Function.Inject(new InjectedFault(bar, offset, sizeof(ulong), outcome));
        return StepResult.OfSuccess();
    }

    /// <summary>Puts the function into the error state, or takes it out of the machine.</summary>
    public StepResult Spoil(bool isRemoved)
    {
        if (isRemoved)
            _target.Function.Remove();
        else
            _target.Function.RaiseError();
        return StepResult.OfSuccess();
    }

    /// <summary>VFIO_IOMMU_MAP_DMA of new memory of the process.</summary>
    public StepResult MapDma(ulong iova, ulong lengthInBytes)
    {
        if (_domain is null)
        {
            _domain = _target.Host.CreateDmaDomain();
            _domain.Attach(_target.Function);
        }

        var memory = _process.AllocateMemory(lengthInBytes);
        return OfCall(memory.IsError ? memory : _domain.Map(iova, _process.Memory, (ulong)memory.Value, lengthInBytes, DmaAccess.Read | DmaAccess.Write));
    }

    /// <summary>The messages of the kernel since this was last asked.</summary>
    public StepResult ShowLog()
    {
        string[] messages = [.. _target.Host.Log.Messages.Skip(_messagesShown)];
        _messagesShown += messages.Length;
        return StepResult.OfLines(messages.Length switch { 0 => "no message", 1 => "1 message", var count => $"{count} messages" }, messages);
    }

    private StepResult Map(string? name, MappableFile? file, ulong offset, ulong lengthInBytes, Protection protection, MapFlags flags)
    {
        var result = _process.Memory.Map(file, offset, lengthInBytes, protection, flags);
        if (name is not null && !result.IsError)
            _mappings[name] = (ulong)result.Value;
        else if (name is not null)
            _mappings.Remove(name);
        return StepResult.OfMapping(result.Errno);
    }

    // With pci=off Linux has not found the function, and sysfs does not show it.
    private KernelResult OpenResource(string file, out SysfsResourceFile? resource)
    {
        resource = null;
        return _target.Host.Description.Mode == ZpciMode.Off ? Errno.ENOENT : _target.Function.Sysfs.OpenResource(file, out resource);
    }

    private ulong PlaceOf(int region, ulong offset) => _target.DeviceFile.GetRegionInfo(region, out var info).IsError
        ? ((ulong)region << 40) + offset
        : info.Offset + offset;

    private ulong Resolve(StepAddress address) => address.Name is { } name ? _mappings[name] + address.Offset : address.Offset;

    private ulong Put(ReadOnlySpan<byte> bytes)
    {
        _process.Poke(_buffer, bytes);
        return _buffer;
    }

    private void Fill()
    {
        Span<byte> filler = stackalloc byte[BufferLength];
        filler.Fill(Filler);
        _process.Poke(_buffer, filler);
    }

    private byte[] Peek(ulong lengthInBytes)
    {
        var data = new byte[Math.Min(lengthInBytes, StepResult.MostBytesShown)];
        _process.Peek(_buffer, data);
        return data;
    }

    private static ReadOnlySpan<byte> Shown(byte[] data) => data.AsSpan(0, Math.Min(data.Length, StepResult.MostBytesShown));

    // Of the MMIO system calls 0 alone is success: 1 to 3 are condition codes.
    private static StepResult OfMmio(KernelResult result, ReadOnlySpan<byte> data = default) =>
        StepResult.OfCall(result.Return, result.Errno, data, isDone: result.Value == 0) with { Guess = result.Guess?.Number };

    private static StepResult OfCall(KernelResult result, ReadOnlySpan<byte> data = default) => StepResult.OfCall(result.Return, result.Errno, data);
}
