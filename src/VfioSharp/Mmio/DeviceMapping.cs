namespace VfioSharp.Mmio;

/// <summary>
/// Owns a mapping of device memory on the host that the function belongs to: pages of this process (see <see cref="Backends.DeviceBackend.MapRegion"/>
/// of a Linux function), or addresses of a modelled host. Only the routines of this folder and the host's <see cref="MmioSyscalls"/> and
/// <see cref="MioInstructions"/> touch what it points to. It may be disposed from any thread while others access it.
/// </summary>
public abstract class DeviceMapping : IDisposable
{
    private int _disposed;

    /// <summary>Creates the owner of a mapping that stands.</summary>
    /// <param name="lengthInBytes">The length of the mapping.</param>
    /// <param name="access">What it was made for.</param>
    protected DeviceMapping(ulong lengthInBytes, MappingAccess access)
    {
        LengthInBytes = lengthInBytes;
        Access = access;
    }

    /// <summary>The length of the mapping.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>What the mapping was made for.</summary>
    public MappingAccess Access { get; }

    /// <summary>Whether the device's pages are gone.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>The first byte, as the host's system calls and instructions take it. It does not change, and means nothing else after disposal.</summary>
    protected internal abstract nuint Address { get; }

    /// <summary>Takes the device's pages out of the process. A second call does nothing.</summary>
    /// <exception cref="VfioException">The kernel refuses to change the mapping, for lack of memory; accesses go on to be possible.</exception>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Remove();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Takes the device's pages away; called once. An access that is under way in another thread, or comes late, must fail (as with EINVAL or
    /// SIGSEGV where nothing is mapped) and must not meet something else that was mapped in its place.
    /// </summary>
    /// <exception cref="VfioException">The kernel refuses.</exception>
    protected abstract void Remove();
}
