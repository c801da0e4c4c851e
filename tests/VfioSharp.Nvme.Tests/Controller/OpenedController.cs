using VfioSharp.Emulation;
using VfioSharp.Emulation.InProcess;

namespace VfioSharp.Nvme.Tests.Controller;

/// <summary>A controller of this process, opened by the driver, with what it stands on.</summary>
internal sealed class OpenedController<TFunction> : IAsyncDisposable
    where TFunction : PciFunction
{
    private OpenedController(TFunction function, VfioDevice device, NvmeController driver)
    {
        Function = function;
        Device = device;
        Driver = driver;
    }

    public TFunction Function { get; }

    public VfioDevice Device { get; }

    public NvmeController Driver { get; }

    public NvmeNamespace Namespace => Driver.Namespaces[0];

    public static async Task<OpenedController<TFunction>> OpenAsync(TFunction function, NvmeOptions? options = null)
    {
        VfioDevice? device = null;
        try
        {
            device = InProcessDevice.Open(function);
            return new OpenedController<TFunction>(function, device, await NvmeController.OpenAsync(device, options, TestContext.Current.CancellationToken));
        }
        catch
        {
            device?.Dispose();
            function.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        Device.Dispose();
        Function.Dispose();
    }
}
