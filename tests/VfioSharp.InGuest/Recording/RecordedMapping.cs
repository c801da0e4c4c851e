using System.Globalization;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.InGuest.Recording;

/// <summary>Mappings and the MMIO system calls on them, and how the recordings spell their results. A mapping lasts as long as the process.</summary>
internal static unsafe class RecordedMapping
{
    /// <summary>mmap: "ok errno=-", or "FAILED errno=EINVAL".</summary>
    public static string Map(FileDescriptor file, ulong position, ulong length, out nuint address)
    {
        var mapping = Libc.mmap(null, (nuint)length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, file, (long)position);
        var errno = mapping == Libc.MapFailed ? Libc.LastErrno : Errno.None;
        address = errno == Errno.None ? (nuint)mapping : 0;
        return errno == Errno.None ? "ok errno=-" : $"FAILED errno={errno}";
    }

    /// <summary>One load, where loads reach a mapped BAR: "data=0001020304050607", or "fault".</summary>
    public static string Load(nuint address, int length)
    {
        var result = GuardedAccess.Load((byte*)address, length);
        using var buffer = new RecordedBuffer(BitConverter.GetBytes(result.Value)[..length]);
        return result.Fault != 0 ? "fault" : "data=" + buffer.Hex;
    }

    /// <summary>s390_pci_mmio_read.</summary>
    public static string Read(nuint address, int length)
    {
        using var buffer = new RecordedBuffer(length);
        return Say(Libc.syscall(Libc.SYS_s390_pci_mmio_read, address, buffer.Address, (nuint)length)) + " data=" + buffer.Hex;
    }

    /// <summary>s390_pci_mmio_write.</summary>
    public static string Write(nuint address, byte[] source)
    {
        using var buffer = new RecordedBuffer(source);
        return Say(Libc.syscall(Libc.SYS_s390_pci_mmio_write, address, buffer.Address, (nuint)source.Length));
    }

    /// <summary>"ret=-1 errno=EINVAL". To be called before anything else can change errno.</summary>
    public static string Say(nint result)
    {
        var errno = result < 0 ? Libc.LastErrno.ToString() : "-";
        return string.Create(CultureInfo.InvariantCulture, $"ret={(long)result} errno={errno}");
    }
}
