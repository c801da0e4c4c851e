using VfioSharp.Emulation.Nvme;
using VfioSharp.Nvme;
using VfioSharp.TwoProcesses;
using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.Endurance.Tests.Nvme;

/// <summary>A controller in a process of its own, with a namespace of 512 and one of 4096 bytes a block, and the driver at it.</summary>
internal sealed class NvmePair : IAsyncDisposable
{
    public const long ImageSizeInBytes = 64 << 20;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "VfioSharp.TwoProcesses");

    private readonly SocketFolder _folder;

    private NvmePair(SocketFolder folder, NvmeServerPlan plan, SecondProcess server, NvmeController controller)
    {
        _folder = folder;
        Plan = plan;
        Server = server;
        Controller = controller;
    }

    public NvmeServerPlan Plan { get; }

    public SecondProcess Server { get; }

    public NvmeController Controller { get; }

    public static async Task<NvmePair> OpenAsync(NvmeDoorbells doorbells, NvmeOptions? options = null)
    {
        var folder = new SocketFolder();
        try
        {
            var plan = new NvmeServerPlan(
                folder.Socket,
                [
                    ServedImage.Create(Path.Combine(folder.FullName, "disk-512"), ImageSizeInBytes, 512),
                    ServedImage.Create(Path.Combine(folder.FullName, "disk-4096"), ImageSizeInBytes, 4096),
                ])
            {
                Doorbells = doorbells,
            };
            var server = plan.Start(Program);
            try
            {
                return new NvmePair(folder, plan, server, await NvmeController.OpenAsync($"vfio-user:{plan.Socket}", options));
            }
            catch
            {
                server.Dispose();
                throw;
            }
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Controller.DisposeAsync();
        Server.Dispose();
        _folder.Dispose();
    }
}
