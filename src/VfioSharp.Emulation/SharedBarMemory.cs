using VfioSharp.Native;

namespace VfioSharp.Emulation;

/// <summary>
/// The memory of a BAR's shared areas: one file without a name (memfd_create(2)), in which each byte lies at its place in the BAR, mapped
/// here and by whoever drives the function. Owned by the function, and gone with it.
/// </summary>
/// <remarks>
/// <para>The file is sealed against shrinking and growing (fcntl(2), F_SEAL_SHRINK and F_SEAL_GROW), and the areas have their blocks from the
/// beginning: no peer can pull pages away from under the function. What lies between areas is no memory until a peer stores there; the function
/// never looks at it, but a peer that does so spends memory of this host.</para>
/// <para>A peer stores at any moment. The members that read and write a register are atomic for their width at an offset that is a multiple of
/// it: such a read is never of two stores. A read is an acquire and a write is a release: what a peer wrote before it set a flag is seen
/// after the flag was read here, and the other way round. A span gives no such promise; whoever uses it knows by a flag that nobody stores.</para>
/// <para>All members may be called from any thread. After the function's disposal they throw <see cref="ObjectDisposedException"/>.</para>
/// </remarks>
public sealed unsafe partial class SharedBarMemory : IDisposable
{
    private readonly FileDescriptor _file;
    private readonly SharedBarPages[] _pages;

    private SharedBarMemory(FunctionBar bar, FileDescriptor file, SharedBarPages[] pages)
    {
        Bar = bar;
        _file = file;
        _pages = pages;
    }

    /// <summary>The BAR.</summary>
    public FunctionBar Bar { get; }

    /// <summary>The file's length: where the last area ends.</summary>
    public ulong FileLengthInBytes => Bar.SharedAreas[^1].Offset + Bar.SharedAreas[^1].LengthInBytes;

    /// <summary>The file, for a transport to pass on; it stays this object's own. A peer maps it shared, an area at its offset in the BAR.</summary>
    internal FileDescriptor File => _file;

    /// <summary>The bytes of a part, for the function's author. They must not be touched after the function's disposal.</summary>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="lengthInBytes">How many.</param>
    /// <returns>The bytes themselves; a peer sees what is stored there, and stores there.</returns>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie within one shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public Span<byte> GetSpan(ulong offset, int lengthInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthInBytes);
        var pages = Find(offset, (ulong)lengthInBytes);
        ObjectDisposedException.ThrowIf(pages.IsClosed, this);
        return new Span<byte>(pages.Start + (offset - pages.Area.Offset), lengthInBytes);
    }

    /// <summary>Makes the memory of a BAR.</summary>
    /// <exception cref="VfioException">There is no memory for all of it, or no descriptor; nothing is left open.</exception>
    internal static SharedBarMemory Create(FunctionBar bar)
    {
        var name = $"the shared memory of BAR {bar.Index}";
        CheckRoom(bar.SharedAreas, name);
        var file = Libc.memfd_create($"vfiosharp-bar{bar.Index}", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        var pages = new List<SharedBarPages>(bar.SharedAreas.Count);
        try
        {
            if (file.IsInvalid)
            {
                var errno = Libc.LastErrno;
                throw new VfioException($"create {name}", null, errno, EventFd.DescriptorAdvice(errno));
            }

            var last = bar.SharedAreas[^1];
            if (Libc.ftruncate(file, checked((long)(last.Offset + last.LengthInBytes))) != 0)
                throw new VfioException($"set the length of {name}", null, Libc.LastErrno);
            foreach (var area in bar.SharedAreas)
            {
                Allocate(file, area, name);
                pages.Add(SharedBarPages.Map(file, area, name));
            }

            if (Libc.fcntl(file, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL) != 0)
                throw new VfioException($"seal {name}", null, Libc.LastErrno);
            return new SharedBarMemory(bar, file, [.. pages]);
        }
        catch
        {
            foreach (var area in pages)
                area.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes the pages out of this process, as the function's disposal does. What a peer has mapped stays its own.</summary>
    public void Dispose()
    {
        foreach (var pages in _pages)
            pages.Dispose();
        _file.Dispose();
    }

    /// <summary>Makes every byte 0.</summary>
    internal void Clear()
    {
        foreach (var pages in _pages)
        {
            var held = false;
            try
            {
                pages.DangerousAddRef(ref held);
                // A span has an int for its length.
                for (var done = 0ul; done < pages.Area.LengthInBytes; done += FunctionBar.PageSizeInBytes)
                    new Span<byte>(pages.Start + done, FunctionBar.PageSizeInBytes).Clear();
            }
            finally
            {
                if (held)
                    pages.DangerousRelease();
            }
        }
    }

    private SharedBarPages? TryFind(ulong offset, ulong lengthInBytes)
    {
        foreach (var pages in _pages)
        {
            if (pages.Area.Contains(offset, lengthInBytes))
                return pages;
        }

        return null;
    }

    private SharedBarPages Find(ulong offset, ulong lengthInBytes) => TryFind(offset, lengthInBytes)
        ?? throw new ArgumentOutOfRangeException(
            nameof(offset), offset, $"{lengthInBytes} bytes at offset 0x{offset:x} do not lie within one shared area of BAR {Bar.Index}.");
}
