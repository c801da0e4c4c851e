using System.Runtime.InteropServices;
using System.Text;
using VfioSharp.Backends.Linux;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Native;

namespace VfioSharp.InGuest.Recording;

/// <summary>
/// A device through system calls alone, as a program in C has it: nothing of the library decides here what is asked, or hides what is
/// answered. It belongs to a container of its own.
/// </summary>
internal sealed unsafe class RecordedDevice : IDisposable
{
    private readonly FileDescriptor _container;
    private readonly FileDescriptor _group;

    private RecordedDevice(FileDescriptor container, FileDescriptor group, FileDescriptor file) => (_container, _group, File) = (container, group, file);

    public FileDescriptor File { get; }

    public static RecordedDevice Open(string address)
    {
        Assert.True(DeviceAddress.TryParse(address, out var parsed));
        var number = new PciFunctions().Find(parsed)?.IommuGroup;
        Assert.NotNull(number);
        var container = Demand(Libc.open(Type1Container.ControlPath, Libc.O_RDWR | Libc.O_CLOEXEC));
        var group = Demand(Libc.open($"/dev/vfio/{number}", Libc.O_RDWR | Libc.O_CLOEXEC));
        var containerNumber = container.Number;
        Assert.Equal(0, Libc.ioctl(group, VfioIoctl.GroupSetContainer, &containerNumber));
        Assert.Equal(0, Libc.ioctl(container, VfioIoctl.SetIommu, (nint)VfioExtension.Type1v2Iommu));
        fixed (byte* name = Encoding.ASCII.GetBytes(address + "\0"))
            return new RecordedDevice(container, group, Demand(new FileDescriptor(Libc.ioctl(group, VfioIoctl.GroupGetDeviceFd, name))));
    }

    public void Dispose()
    {
        File.Dispose();
        _group.Dispose();
        _container.Dispose();
    }

    /// <summary>What an ioctl that asks about a part of the device answers.</summary>
    public (Errno Errno, byte[] Answer) Ask<T>(uint request, in T question)
        where T : unmanaged
    {
        var errno = VfioQuery.Ask(File, request, question, out var answer);
        return (errno, answer);
    }

    public VfioRegionInfo Region(int index)
    {
        var (errno, answer) = Ask(VfioIoctl.DeviceGetRegionInfo, new VfioRegionInfo { Index = (uint)index });
        Assert.Equal(Errno.None, errno);
        return MemoryMarshal.Read<VfioRegionInfo>(answer);
    }

    /// <summary>pread: "ret=8 errno=- data=0001020304050607".</summary>
    public string Read(ulong position, int length)
    {
        using var buffer = new RecordedBuffer(length);
        return RecordedMapping.Say(Libc.pread(File, buffer.Address, (nuint)length, (long)position)) + " data=" + buffer.Hex;
    }

    /// <summary>The bytes at a place, all of which have to be read.</summary>
    public string ReadHex(ulong position, int length)
    {
        using var buffer = new RecordedBuffer(length);
        Assert.Equal(length, (int)Libc.pread(File, buffer.Address, (nuint)length, (long)position));
        return buffer.Hex;
    }

    /// <summary>pwrite: "ret=8 errno=-".</summary>
    public string Write(ulong position, byte[] source)
    {
        using var buffer = new RecordedBuffer(source);
        return RecordedMapping.Say(Libc.pwrite(File, buffer.Address, (nuint)source.Length, (long)position));
    }

    public string Reset() => RecordedMapping.Say(Libc.ioctl(File, VfioIoctl.DeviceReset, (nint)0));

    private static FileDescriptor Demand(FileDescriptor file) => !file.IsInvalid
        ? file
        : throw new VfioException("open a file of VFIO", null, Libc.LastErrno);
}
