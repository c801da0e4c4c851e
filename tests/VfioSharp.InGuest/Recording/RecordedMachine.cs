using System.Globalization;
using VfioSharp.Native;

namespace VfioSharp.InGuest.Recording;

/// <summary>What the kernel says of the processor, and a function's file in procfs, spelled as the recordings spell it.</summary>
internal sealed class RecordedMachine
{
    // include/uapi/linux/pci.h, PCIIOC_MMAP_IS_MEM.
    private const uint SelectMemoryRequest = 'P' << 24 | 'C' << 16 | 'I' << 8 | 2;

    private readonly string[] _processor = File.ReadAllLines("/proc/cpuinfo");

    /// <summary>"esan3 zarch stfle ... pcimio ", with the space that the kernel leaves behind the last.</summary>
    public string Features => Line("features");

    /// <summary>Whether the machine has a facility (STFLE).</summary>
    public bool HasFacility(int number) => Line("facilities").Split(' ').Contains(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Opens a function's file in procfs; answers with the error.</summary>
    public static FileDescriptor OpenProcfs(string address, out string errno)
    {
        var colon = address.LastIndexOf(':');
        var file = Libc.open($"/proc/bus/pci/{address[..colon]}/{address[(colon + 1)..]}", Libc.O_RDWR | Libc.O_CLOEXEC);
        errno = file.IsInvalid ? Libc.LastErrno.ToString() : "ok";
        return file;
    }

    /// <summary>Asks that a mapping of that file be of a memory BAR: "ret=-1 errno=EINVAL".</summary>
    public static string SelectMemory(FileDescriptor file) => RecordedMapping.Say(Libc.ioctl(file, SelectMemoryRequest, (nint)0));

    private string Line(string name)
    {
        var line = _processor.First(text => text.StartsWith(name, StringComparison.Ordinal));
        return line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..];
    }
}
