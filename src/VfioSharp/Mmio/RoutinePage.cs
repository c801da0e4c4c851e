using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>
/// Places the machine code in memory, once per process: writable while it is written, then executable, never both. It stays until the
/// process ends, since a signal handler cannot be taken back once others may have chained to it.
/// </summary>
internal static unsafe class RoutinePage
{
    // Bumped with every change of the image or of RoutineLayout: builds that differ use pages of their own, whose handlers chain.
    private const string RegistryKey = "VfioSharp.Mmio.RoutinePage/2";

    /// <summary>The process's page: the one that another load context has placed, or a new one with this machine's loads and stores.</summary>
    /// <param name="whyNot">Why there is none, as the end of a sentence after "because".</param>
    /// <returns>The code page, with the data page behind it; null where there can be none.</returns>
    public static byte* FindOrPlace(out string? whyNot) => FindOrPlace(SelectImage(), out whyNot);

    /// <summary>The process's page: the one that another load context has placed, or a new one.</summary>
    /// <param name="image">Its content, of which the last 8 bytes are filled in here.</param>
    /// <param name="whyNot">Why there is none, as the end of a sentence after "because".</param>
    /// <returns>The code page, with the data page behind it; null where there can be none.</returns>
    public static byte* FindOrPlace(ReadOnlySpan<byte> image, out string? whyNot)
    {
        whyNot = null;
        if (image.IsEmpty)
        {
            whyNot = $"there is no machine code for {HostMachine.Name}";
            return null;
        }

        // Each AssemblyLoadContext has its own copy of every static field here, so the lock and the registry have to be objects that the
        // runtime shares among them.
#pragma warning disable CA2002
        lock (typeof(AppDomain))
#pragma warning restore CA2002
        {
            if (AppDomain.CurrentDomain.GetData(RegistryKey) is nint known)
                return (byte*)known;

            var page = Place(image, out whyNot);
            if (page is not null)
                AppDomain.CurrentDomain.SetData(RegistryKey, (nint)page);
            return page;
        }
    }

    private static ReadOnlySpan<byte> SelectImage() => HostMachine.Kind switch
    {
        MachineKind.X64 => X64Routines.Image,
        MachineKind.Arm64 => Arm64Routines.Image,
        _ => default,
    };

    private static byte* Place(ReadOnlySpan<byte> image, out string? whyNot)
    {
        var pageSize = (nuint)Environment.SystemPageSize;
        var code = (byte*)Libc.mmap(null, 2 * pageSize, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (code == Libc.MapFailed)
        {
            whyNot = $"no memory could be had for the machine code ({Libc.LastErrno})";
            return null;
        }

        var data = code + pageSize;
        image.CopyTo(new Span<byte>(code, (int)pageSize));
        *(byte**)(code + image.Length - sizeof(byte*)) = data;

        // Changing a page to executable also makes the instruction cache see what was written, on machines that need that (arm64:
        // arch/arm64/mm/flush.c, __sync_icache_dcache, called for each page that becomes executable for the user).
        if (Libc.mprotect(code, pageSize, Libc.PROT_READ | Libc.PROT_EXEC) != 0)
            whyNot = $"this system forbids to make a page executable ({Libc.LastErrno}; SELinux calls the permission execmem)";
        else if (FaultGuard.TryInstall(code, data) is not Errno.None and var errno)
            whyNot = $"the signal handler could not be installed ({errno})";
        else
            whyNot = null;

        if (whyNot is null)
            return code;
        _ = Libc.munmap(code, 2 * pageSize);
        return null;
    }
}
