using System.Text;
using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>A socket's path as the kernel takes it (unix(7)).</summary>
internal static unsafe class UnixPath
{
    /// <summary>Writes a path into an address.</summary>
    /// <param name="path">The path.</param>
    /// <param name="operation">What it is for, for the message.</param>
    /// <param name="device">The device's address, for the message.</param>
    /// <exception cref="VfioException">The path is empty, has a NUL, or is longer than an address can hold.</exception>
    public static Libc.UnixAddress Encode(string path, string operation, string? device)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length == 0 || Array.IndexOf(bytes, (byte)0) >= 0)
            throw new VfioException(operation, device, Errno.EINVAL, "a socket's path is not empty and has no NUL.");
        if (bytes.Length >= Libc.UnixAddress.PathCapacity)
        {
            throw new VfioException(
                operation, device, Errno.ENAMETOOLONG, $"the path of a socket has at most {Libc.UnixAddress.PathCapacity - 1} bytes, this one {bytes.Length}.");
        }

        var address = new Libc.UnixAddress { Family = Libc.AF_UNIX };
        bytes.AsSpan().CopyTo(new Span<byte>(address.Path, Libc.UnixAddress.PathCapacity));
        return address;
    }
}
