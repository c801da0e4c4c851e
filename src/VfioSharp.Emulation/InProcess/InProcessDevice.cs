namespace VfioSharp.Emulation.InProcess;

/// <summary>Opens functions that live in this process, as a driver opens any device: for tests of a driver, or of a function.</summary>
public static class InProcessDevice
{
    /// <summary>Opens a function.</summary>
    /// <param name="function">
    /// The function. It stays the caller's, who disposes of it after the device and makes no calls to it while the device is open, but those that the
    /// function allows from other threads.
    /// </param>
    /// <param name="options">How; null for the defaults. What concerns Linux has no effect.</param>
    /// <returns>The device, which the caller owns. Its address is "in-process:" and the name of the function's type.</returns>
    /// <exception cref="InvalidOperationException">The function is served, or open already.</exception>
    /// <exception cref="VfioException">The function describes itself in a way that makes no device.</exception>
    public static VfioDevice Open(PciFunction function, VfioOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        var address = DeviceAddress.InProcess(function.GetType().Name);
        return VfioDevice.Open(address, new FunctionDeviceBackend(function, address.ToString()), options);
    }
}
