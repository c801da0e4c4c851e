using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Fuzz;

/// <summary>Owns one descriptor of each kind; messages carry copies that the kernel makes. For one thread at a time.</summary>
internal sealed unsafe class FdSupply : IDisposable
{
    /// <summary>How long <see cref="FdKind.Memory"/> is when a conversation begins.</summary>
    public const int MemoryLengthInBytes = 1 << 20;

    private const int O_DIRECTORY = 0x10000;
    private const int O_PATH = 0x200000;

    private readonly FileDescriptor[] _descriptors = new FileDescriptor[Enum.GetValues<FdKind>().Length];
    private readonly UnixSocket _socketPeer;

    public FdSupply()
    {
        var pipe = stackalloc int[2];
        Check(pipe2(pipe, Libc.O_CLOEXEC | Libc.O_NONBLOCK) == 0, "make a pipe");
        (var socket, _socketPeer) = UnixSocket.CreatePair();
        this[FdKind.PipeRead] = new FileDescriptor(pipe[0]);
        this[FdKind.PipeWrite] = new FileDescriptor(pipe[1]);
        this[FdKind.Socket] = socket.Descriptor;
        this[FdKind.Memory] = Checked(Libc.memfd_create("fuzz", Libc.MFD_CLOEXEC), "make a memfd");
        this[FdKind.EmptyMemory] = Checked(Libc.memfd_create("fuzz-empty", Libc.MFD_CLOEXEC), "make a memfd");
        this[FdKind.ReadOnlyMemory] = OpenReadOnlyMemory();
        this[FdKind.EventFd] = Checked(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "make an eventfd");
        this[FdKind.Directory] = Checked(Libc.open("/", Libc.O_RDONLY | O_DIRECTORY | Libc.O_CLOEXEC), "open /");
        this[FdKind.Null] = Checked(Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC), "open /dev/null");
        this[FdKind.Path] = Checked(Libc.open("/dev/null", O_PATH | Libc.O_CLOEXEC), "open /dev/null");
        SetMemoryLength(MemoryLengthInBytes);
    }

    private FileDescriptor this[FdKind kind]
    {
        get => _descriptors[(int)kind];
        set => _descriptors[(int)kind] = value;
    }

    /// <summary>The number of a kind's descriptor, which stays this object's own.</summary>
    public int Number(FdKind kind) => this[kind].Number;

    /// <summary>Makes <see cref="FdKind.Memory"/> shorter or longer under whoever has mapped it.</summary>
    public void SetMemoryLength(long lengthInBytes) => Check(Libc.ftruncate(this[FdKind.Memory], lengthInBytes) == 0, "resize a memfd");

    public void Dispose()
    {
        foreach (var descriptor in _descriptors)
            descriptor.Dispose();
        _socketPeer.Dispose();
    }

    private static FileDescriptor OpenReadOnlyMemory()
    {
        using var memory = Checked(Libc.memfd_create("fuzz-read-only", Libc.MFD_CLOEXEC), "make a memfd");
        Check(Libc.ftruncate(memory, MemoryLengthInBytes) == 0, "resize a memfd");
        return Checked(Libc.open($"/proc/self/fd/{memory.Number}", Libc.O_RDONLY | Libc.O_CLOEXEC), "open a memfd for reading");
    }

    private static FileDescriptor Checked(FileDescriptor descriptor, string operation)
    {
        Check(!descriptor.IsInvalid, operation);
        return descriptor;
    }

    private static void Check(bool succeeded, string operation)
    {
        if (!succeeded)
            throw new VfioException(operation, null, Libc.LastErrno);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int pipe2(int* pair, int flags);
}
