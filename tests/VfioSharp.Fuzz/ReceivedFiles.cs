using VfioSharp.Native;

namespace VfioSharp.Fuzz;

/// <summary>
/// The descriptors that a server has given: memory, which the client may write and cut short where the server has let it, and eventfds, which it may use
/// as eventfds can be used. Owns them. For one thread at a time.
/// </summary>
internal sealed unsafe class ReceivedFiles : IDisposable
{
    private const int MostKept = 128;
    private const ulong FullCount = ulong.MaxValue - 1;

    private readonly List<FileDescriptor> _events = [];
    private readonly List<FileDescriptor> _memory = [];

    /// <summary>Takes a descriptor over.</summary>
    public void Add(FileDescriptor descriptor)
    {
        var files = IsMemory(descriptor) ? _memory : _events;
        _ = Libc.ftruncate(descriptor, 0);
        if (files.Count < MostKept)
            files.Add(descriptor);
        else
            descriptor.Dispose();
    }

    /// <summary>Does what a deed says to all of a kind.</summary>
    public void Do(Deed deed)
    {
        switch (deed.Kind)
        {
            case DeedKind.ScribbleShared:
                _memory.ForEach(file => Write(file, deed));
                break;
            case DeedKind.RingEvents:
                _events.ForEach(file => Add(file, 1));
                break;
            case DeedKind.FillEvents:
                _events.ForEach(file => Add(file, FullCount));
                break;
            case DeedKind.DrainEvents:
                _events.ForEach(Drain);
                break;
            case DeedKind.MakeEventsBlock:
                _events.ForEach(MakeBlock);
                break;
            case DeedKind.CloseFiles:
                Dispose();
                break;
        }
    }

    public void Dispose()
    {
        _events.ForEach(file => file.Dispose());
        _memory.ForEach(file => file.Dispose());
        _events.Clear();
        _memory.Clear();
    }

    private static bool IsMemory(FileDescriptor descriptor)
    {
        Libc.FileStatus status;
        return Libc.statx(descriptor, string.Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0 && (status.Mode & Libc.S_IFMT) == Libc.S_IFREG;
    }

    private static void Write(FileDescriptor file, Deed deed)
    {
        fixed (byte* bytes = deed.Bytes)
            _ = Libc.pwrite(file, bytes, (nuint)(deed.Bytes?.Length ?? 0), deed.Place);
    }

    // One that is full already, and blocks, is left as it is.
    private static void Add(FileDescriptor file, ulong count)
    {
        var poll = new Libc.PollDescriptor { Descriptor = file.Number, Events = Libc.POLLOUT };
        if (Libc.poll(&poll, 1, 0) != 1 || (poll.ReturnedEvents & Libc.POLLOUT) == 0)
            return;
        if (count == FullCount)
        {
            Drain(file);
            MakeNonBlocking(file);
        }

        _ = Libc.write(file, &count, sizeof(ulong));
    }

    private static void Drain(FileDescriptor file)
    {
        MakeNonBlocking(file);
        ulong count;
        _ = Libc.read(file, &count, sizeof(ulong));
    }

    private static void MakeNonBlocking(FileDescriptor file) => _ = Libc.fcntl(file, Libc.F_SETFL, Libc.O_RDWR | Libc.O_NONBLOCK);

    private static void MakeBlock(FileDescriptor file) => _ = Libc.fcntl(file, Libc.F_SETFL, Libc.O_RDWR);
}
