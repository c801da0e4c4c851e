using System.Globalization;
using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

internal abstract partial class LinuxDeviceBackend
{
    // A bus has 256 functions, and a reset reaches what is behind bridges too; more than this is not believed.
    private const uint MostDependentDevices = 4096;

    /// <inheritdoc/>
    public override void Reset()
    {
        if (Call(VfioIoctl.DeviceReset, [], out var errno) < 0)
        {
            throw new VfioException("reset the device", Address, errno, errno switch
            {
                Errno.EINVAL => "the function has no way to be reset by itself; a hot reset of its bus may work.",
                Errno.EAGAIN => "the device is in use at this moment; try again.",
                _ => null,
            });
        }
    }

    /// <inheritdoc/>
    public override HotResetDescription? DescribeHotReset() =>
        ReadDependentDevices(out var answersWithDeviceIds) is { } devices
            ? new HotResetDescription(Array.ConvertAll(devices, device => new HotResetFunction(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{device.Segment:x4}:{device.Bus:x2}:{device.DeviceAndFunction >> 3:x2}.{device.DeviceAndFunction & 7}"),
                answersWithDeviceIds ? null : (int)device.GroupOrDeviceId,
                answersWithDeviceIds ? device.GroupOrDeviceId != VfioDependentDevice.DeviceIdNotOwned : null)))
            : null;

    /// <inheritdoc/>
    public override unsafe void HotReset()
    {
        var groups = DescribeHotReset() is { } description
            ? GetGroupsThatProveOwnership(description)
            : throw new VfioException("hot-reset the device", Address, Errno.ENODEV, "neither its slot nor its bus can be reset.");

        var request = new byte[sizeof(VfioHotReset) + groups.Count * sizeof(int)];
        MemoryMarshal.Write(request, new VfioHotReset { ArgumentSize = (uint)request.Length, Count = (uint)groups.Count });
        for (var i = 0; i < groups.Count; i++)
            MemoryMarshal.Write(request.AsSpan(sizeof(VfioHotReset) + i * sizeof(int)), groups[i].Number);

        if (Call(VfioIoctl.DevicePciHotReset, request, out var errno) < 0)
        {
            throw new VfioException("hot-reset the device", Address, errno, errno switch
            {
                Errno.EPERM or Errno.EINVAL =>
                    $"every function that the reset touches must be open in this process, in one address space (VfioOptions.ShareDmaWith): {string.Join(", ", description.Functions.Select(f => f.Address))}.",
                Errno.ENOTTY => "the link did not come back after the reset; the kernel's log (dmesg) says why, and the device may need to be opened again.",
                _ => null,
            });
        }
    }

    /// <summary>The groups whose descriptors show the kernel that this process owns what a hot reset would touch.</summary>
    /// <param name="description">The functions that it would touch.</param>
    /// <returns>The open groups among theirs; none where the kernel knows ownership by itself.</returns>
    protected abstract IReadOnlyList<FileDescriptor> GetGroupsThatProveOwnership(HotResetDescription description);

    // The kernel fills in the count and says ENOSPC where the list does not fit, which is not the argsz way of its other answers.
    private unsafe VfioDependentDevice[]? ReadDependentDevices(out bool answersWithDeviceIds)
    {
        answersWithDeviceIds = false;
        var room = 16u;
        while (room <= MostDependentDevices)
        {
            var answer = new byte[sizeof(VfioHotResetInfo) + room * sizeof(VfioDependentDevice)];
            MemoryMarshal.Write(answer, new VfioHotResetInfo { ArgumentSize = (uint)answer.Length });
            Call(VfioIoctl.DeviceGetPciHotResetInfo, answer, out var errno);
            if (errno == Errno.ENODEV)
                return null;
            if (errno is not (Errno.None or Errno.ENOSPC))
                throw new VfioException("ask what a hot reset would touch", Address, errno);

            var info = MemoryMarshal.Read<VfioHotResetInfo>(answer);
            if (errno == Errno.None && info.Count <= room)
            {
                answersWithDeviceIds = (info.Flags & VfioHotResetInfo.FlagDeviceId) != 0;
                return MemoryMarshal.Cast<byte, VfioDependentDevice>(answer.AsSpan(sizeof(VfioHotResetInfo)))[..(int)info.Count].ToArray();
            }

            room = Math.Max(info.Count, room + 1);
        }

        throw new VfioException("believe how many functions a hot reset would touch", Address, Errno.EOVERFLOW);
    }
}
