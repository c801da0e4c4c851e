using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Backends.VfioUser;

/// <summary>A region as the server described it, with the file that it gave of the region's memory. Owns that file.</summary>
/// <param name="description">The description, in which the region can be mapped only if there is a file.</param>
/// <param name="file">The file, or null.</param>
/// <param name="fileOffset">Where the region begins in it.</param>
internal sealed class SharedRegion(RegionDescription description, FileDescriptor? file, ulong fileOffset) : IDisposable
{
    public RegionDescription Description { get; } = description;

    public FileDescriptor? File { get; } = file;

    public ulong FileOffset { get; } = fileOffset;

    public void Dispose() => File?.Dispose();
}
