using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Backends.VfioUser;

internal sealed partial class VfioUserDeviceBackend
{
    /// <inheritdoc/>
    public override void Reset()
    {
        const string operation = "reset the device";
        var errno = _connection.Ask(operation, VfioUserCommand.DeviceReset, [], [], (0, 0), out _);
        if (errno != Errno.None)
        {
            throw new VfioException(
                operation, _connection.Device, errno, errno is Errno.EINVAL or Errno.ENOTTY or Errno.EOPNOTSUPP ? "the server has no way to reset it." : null);
        }

        ForgetPlaces();
    }

    /// <inheritdoc/>
    public override HotResetDescription? DescribeHotReset() => null;

    /// <inheritdoc/>
    public override void HotReset() => throw new VfioException(
        "hot-reset the device", _connection.Device, Errno.ENODEV, "a function that another process serves is on no slot or bus; reset the function.");

    /// <inheritdoc/>
    public override bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation)
    {
        var request = new VfioDeviceFeature
        {
            Flags = (uint)feature | VfioDeviceFeature.Probe
                | ((operation & DeviceFeatureOperations.Get) != 0 ? VfioDeviceFeature.Get : 0)
                | ((operation & DeviceFeatureOperations.Set) != 0 ? VfioDeviceFeature.Set : 0),
        };
        return AskForFeature($"ask for the feature {feature}", request, []) == Errno.None;
    }

    /// <inheritdoc/>
    public override void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data)
    {
        var operation = $"set the feature {feature}";
        var errno = AskForFeature(operation, new VfioDeviceFeature { Flags = (uint)feature | VfioDeviceFeature.Set }, data);
        if (errno != Errno.None)
            throw new VfioException(operation, _connection.Device, errno, errno is Errno.ENOTTY or Errno.ENOSYS ? "the device does not have it." : null);
    }

    private unsafe Errno AskForFeature(string operation, VfioDeviceFeature feature, ReadOnlySpan<byte> data)
    {
        var request = new byte[sizeof(VfioDeviceFeature) + data.Length];
        feature.ArgumentSize = (uint)request.Length;
        MemoryMarshal.Write(request, feature);
        data.CopyTo(request.AsSpan(sizeof(VfioDeviceFeature)));
        return _connection.Ask(operation, VfioUserCommand.DeviceFeature, request, [], (0, request.Length), out _);
    }
}
