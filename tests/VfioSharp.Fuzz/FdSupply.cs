using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Fuzz;

/// <summary>Owns one descriptor of each kind; messages carry copies that the kernel makes. For one thread at a time.</summary>
internal sealed unsafe partial class FdSupply : IDisposable
{
    private const int O_DIRECTORY = 0x10000;
    private const int O_PATH = 0x200000;
    private const int F_SEAL_WRITE = 8;

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
        this[FdKind.TwinSocket] = Checked(Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0), "make a socket");
        this[FdKind.Memory] = Checked(Libc.memfd_create("fuzz", Libc.MFD_CLOEXEC), "make a memfd");
        this[FdKind.EmptyMemory] = Checked(Libc.memfd_create("fuzz-empty", Libc.MFD_CLOEXEC), "make a memfd");
        this[FdKind.SealedMemory] = MakeSealedMemory();
        this[FdKind.ReadOnlyMemory] = OpenReadOnlyMemory();
        this[FdKind.EventFd] = Checked(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "make an eventfd");
        this[FdKind.FullEventFd] = MakeFullEventFd();
        this[FdKind.Epoll] = Checked(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "make an epoll set");
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

    /// <summary>Makes another <see cref="FdKind.TwinSocket"/>.</summary>
    /// <returns>The end that is not sent, which the caller owns.</returns>
    public UnixSocket RenewTwinSocket()
    {
        var (own, sent) = UnixSocket.CreatePair();
        this[FdKind.TwinSocket].Dispose();
        this[FdKind.TwinSocket] = sent.Descriptor;
        return own;
    }

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

    private static FileDescriptor MakeSealedMemory()
    {
        var memory = Checked(Libc.memfd_create("fuzz-sealed", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING), "make a memfd");
        Check(Libc.ftruncate(memory, MemoryLengthInBytes) == 0, "resize a memfd");
        Check(Libc.fcntl(memory, Libc.F_ADD_SEALS, Libc.F_SEAL_SEAL | Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | F_SEAL_WRITE) == 0, "seal a memfd");
        return memory;
    }

    private static FileDescriptor MakeFullEventFd()
    {
        var full = Checked(Libc.eventfd(0, Libc.EFD_CLOEXEC), "make an eventfd");
        var most = ulong.MaxValue - 1;
        Check(Libc.write(full, &most, sizeof(ulong)) == sizeof(ulong), "fill an eventfd");
        return full;
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
