using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.IbmZ;
using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// A function that the Linux kernel hands out through VFIO: what its device file does, which is the same whether the file came from a
/// group or from a character device. What differs between the two is left to the derived types.
/// </summary>
internal abstract partial class LinuxDeviceBackend : DeviceBackend
{
    private static readonly SysfsTree Sysfs = new PciFunctions().Sysfs;

    private readonly PciFunctionInfo _function;
    private readonly FileDescriptor _file;

    /// <summary>Takes over the device's file.</summary>
    /// <param name="function">What sysfs says of the function.</param>
    /// <param name="file">The device's file, owned from here on.</param>
    protected LinuxDeviceBackend(PciFunctionInfo function, FileDescriptor file)
    {
        _function = function;
        Address = function.Address.ToString();
        _file = file;
    }

    /// <summary>The device's PCI address.</summary>
    protected string Address { get; }

    /// <inheritdoc/>
    public override DeviceDescription Describe()
    {
        var errno = VfioQuery.Ask(_file, VfioIoctl.DeviceGetInfo, default(VfioDeviceInfo), out var answer);
        if (errno != Errno.None)
            throw new VfioException("ask what the device is", Address, errno);

        var info = MemoryMarshal.Read<VfioDeviceInfo>(answer);
        var hasCapabilities = (info.Flags & VfioDeviceInfo.FlagCapabilities) != 0;
        return new DeviceDescription(
            SupportsReset: (info.Flags & VfioDeviceInfo.FlagReset) != 0,
            IsPci: (info.Flags & VfioDeviceInfo.FlagPci) != 0,
            RegionCount: CheckCount(info.RegionCount, "regions"),
            InterruptCount: CheckCount(info.IrqCount, "interrupts"),
            Capabilities: hasCapabilities ? InfoCapabilityChain.Read(answer, info.CapabilityOffset) : []);
    }

    /// <inheritdoc/>
    public override ZpciDescription? DescribeZpci() =>
        ZpciFunction.Describe(Sysfs, _function.Address, _function.DriverName, Describe().Capabilities);

    /// <inheritdoc/>
    public override DmaLimits DescribeDmaLimits() => new(
        ZpciCapabilities.Read(Describe().Capabilities)?.Function?.DmaWindow,
        ReservedRegions.Read(Sysfs, _function.IommuGroup));

    /// <inheritdoc/>
    public override InterruptDescription DescribeInterrupt(InterruptIndex index)
    {
        var question = new VfioIrqInfo { Index = (uint)index };
        var errno = VfioQuery.Ask(_file, VfioIoctl.DeviceGetIrqInfo, question, out var answer);
        // The kernel says EINVAL for an index that the function does not have, such as ERR where there is no PCI Express capability.
        if (errno == Errno.EINVAL)
            return new InterruptDescription(index, InterruptFlags.None, 0);
        if (errno != Errno.None)
            throw new VfioException($"ask about the {index} interrupt", Address, errno);

        var info = MemoryMarshal.Read<VfioIrqInfo>(answer);
        return new InterruptDescription(index, (InterruptFlags)(info.Flags & 0xf), CheckCount(info.Count, $"vectors of {index}"));
    }

    /// <inheritdoc/>
    public override unsafe bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation)
    {
        var request = new VfioDeviceFeature
        {
            ArgumentSize = (uint)sizeof(VfioDeviceFeature),
            Flags = (uint)feature | VfioDeviceFeature.Probe
                | ((operation & DeviceFeatureOperations.Get) != 0 ? VfioDeviceFeature.Get : 0)
                | ((operation & DeviceFeatureOperations.Set) != 0 ? VfioDeviceFeature.Set : 0),
        };
        // ENOTTY, EINVAL, ENODEV: kernels and drivers say "no" in different ways, and a probe changes nothing.
        return Libc.ioctl(_file, VfioIoctl.DeviceFeature, &request) == 0;
    }

    /// <inheritdoc/>
    public override unsafe void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data)
    {
        var request = new byte[sizeof(VfioDeviceFeature) + data.Length];
        MemoryMarshal.Write(request, new VfioDeviceFeature { ArgumentSize = (uint)request.Length, Flags = (uint)feature | VfioDeviceFeature.Set });
        data.CopyTo(request.AsSpan(sizeof(VfioDeviceFeature)));
        if (Call(VfioIoctl.DeviceFeature, request, out var errno) < 0)
            throw new VfioException($"set the feature {feature}", Address, errno, errno == Errno.ENOTTY ? "the device does not have it." : null);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _file.Dispose();

    /// <summary>Makes a request on the device's file with a structure and what follows it.</summary>
    /// <param name="request">The request number.</param>
    /// <param name="argument">The structure, which the kernel may write to; empty for a request that takes nothing.</param>
    /// <param name="errno">The error, or <see cref="Errno.None"/>.</param>
    /// <returns>What the kernel returned: below 0 for an error.</returns>
    private unsafe int Call(uint request, Span<byte> argument, out Errno errno)
    {
        fixed (byte* address = argument)
        {
            var result = Libc.ioctl(_file, request, address);
            errno = result < 0 ? Libc.LastErrno : Errno.None;
            return result;
        }
    }

    private int CheckCount(uint count, string what) => count <= 4096
        ? (int)count
        : throw new VfioException($"believe the kernel's answer of {count} {what}", Address, Errno.EOVERFLOW);
}
