using System.Globalization;
using System.Text;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// The attributes of a sysfs tree as text that was checked: what cannot be read, is not printable ASCII or is longer than a page (the
/// limit that the kernel itself keeps, fs/sysfs/file.c) is absent. Safe for several threads; holds no file open.
/// </summary>
internal unsafe class SysfsTree
{
    private const int PageLength = 4096;

    public SysfsTree(string root) => Root = root;

    /// <summary>Where sysfs is mounted: "/sys", or a folder that stands for it in tests.</summary>
    public string Root { get; }

    /// <summary>The names in a directory; none where there is no such directory.</summary>
    public IReadOnlyList<string> ListNames(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(FullPath(directory)).Select(path => Path.GetFileName(path)!)];
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether there is such a directory, or a link to one.</summary>
    public bool DirectoryExists(string directory) => Directory.Exists(FullPath(directory));

    /// <summary>Whether there is such a file.</summary>
    public bool FileExists(string file) => File.Exists(FullPath(file));

    /// <summary>An attribute's text without the line feed at its end, or null.</summary>
    public string? ReadText(string file) => ReadBytes(file) is { } bytes ? ToText(bytes) : null;

    /// <summary>An attribute's bytes, or null where it cannot be read or is a page long or longer.</summary>
    public byte[]? ReadBytes(string file)
    {
        using var descriptor = Libc.open(FullPath(file), Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (descriptor.IsInvalid)
            return null;

        var bytes = stackalloc byte[PageLength];
        var length = 0;
        while (length < PageLength)
        {
            var count = Libc.read(descriptor, bytes + length, (nuint)(PageLength - length));
            if (count < 0 && Libc.LastErrno == Errno.EINTR)
                continue;
            if (count < 0)
                return null;
            if (count == 0)
                break;
            length += (int)count;
        }

        return length < PageLength ? new ReadOnlySpan<byte>(bytes, length).ToArray() : null;
    }

    /// <summary>The last part of what a symbolic link points to, or null.</summary>
    public string? ReadLinkName(string link)
    {
        var bytes = stackalloc byte[PageLength];
        var length = Libc.readlink(FullPath(link), bytes, PageLength);
        if (length is <= 0 or >= PageLength)
            return null;

        var target = ToText(new ReadOnlySpan<byte>(bytes, (int)length));
        var name = target?[(target.LastIndexOf('/') + 1)..];
        return name is null or "" or "." or ".." ? null : name;
    }

    /// <summary>A number in hexadecimal with its prefix, as the kernel prints identifiers ("0x8086"), or null.</summary>
    public uint? ReadHex(string file, uint maximum)
    {
        var text = ReadText(file);
        return text is not null && text.StartsWith("0x", StringComparison.Ordinal)
            && uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value <= maximum
                ? value
                : null;
    }

    /// <summary>A decimal number that is not negative, or null.</summary>
    public int? ReadNumber(string file) =>
        int.TryParse(ReadText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Writes an attribute in one system call, since the kernel takes each write for a whole value.</summary>
    /// <returns><see cref="Errno.None"/>, or the kernel's refusal.</returns>
    public virtual Errno Write(string file, string text)
    {
        using var descriptor = Libc.open(FullPath(file), Libc.O_WRONLY | Libc.O_CLOEXEC);
        if (descriptor.IsInvalid)
            return Libc.LastErrno;

        var bytes = Encoding.ASCII.GetBytes(text);
        fixed (byte* first = bytes)
        {
            nint written;
            do
                written = Libc.write(descriptor, first, (nuint)bytes.Length);
            while (written < 0 && Libc.LastErrno == Errno.EINTR);

            if (written < 0)
                return Libc.LastErrno;
            return written == bytes.Length ? Errno.None : Errno.EIO;
        }
    }

    /// <summary>The path of something in this tree.</summary>
    public string FullPath(string relative) => Path.Combine(Root, relative);

    private static string? ToText(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty && bytes[^1] == (byte)'\n')
            bytes = bytes[..^1];
        foreach (var character in bytes)
        {
            if (character is not ((>= 0x20 and <= 0x7e) or (byte)'\n'))
                return null;
        }

        return Encoding.ASCII.GetString(bytes);
    }
}
