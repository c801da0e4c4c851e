using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme;

/// <summary>A device and the controller on it, which are opened and closed together.</summary>
/// <param name="device">The device; the session owns it.</param>
/// <param name="controller">The controller; the session owns it.</param>
internal sealed class NvmeSession(VfioDevice device, NvmeController controller) : IAsyncDisposable
{
    /// <summary>The controller.</summary>
    public NvmeController Controller => controller;

    /// <summary>The namespace of a number.</summary>
    /// <param name="id">The number; null for the first that there is.</param>
    /// <exception cref="VfioException">There is none.</exception>
    public NvmeNamespace Find(uint? id)
    {
        var found = controller.Namespaces.FirstOrDefault(space => id is null || space.Id == id);
        if (found is not null)
            return found;
        var present = string.Join(", ", controller.Namespaces.Select(space => space.Id));
        throw new VfioException(
            id is null ? "find a namespace" : FormattableString.Invariant($"find namespace {id}"), device.Address.ToString(), Errno.None,
            present.Length == 0 ? "the controller has none." : $"the controller has {present}.");
    }

    /// <summary>The namespace of a number, where it can be read and written.</summary>
    /// <param name="id">The number; null for the first that there is.</param>
    /// <exception cref="VfioException">There is none, or its format is one that the driver does not do.</exception>
    public NvmeNamespace FindUsable(uint? id)
    {
        var found = Find(id);
        if (found.Obstacle is not { } obstacle)
            return found;
        throw new VfioException(
            FormattableString.Invariant($"read or write namespace {found.Id}"), device.Address.ToString(), Errno.None, obstacle);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await controller.DisposeAsync();
        }
        finally
        {
            device.Dispose();
        }
    }
}
