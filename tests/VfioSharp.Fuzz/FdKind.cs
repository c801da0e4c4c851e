namespace VfioSharp.Fuzz;

/// <summary>What a descriptor is that goes with a message.</summary>
internal enum FdKind
{
    /// <summary>The memory of the conversation, whose length its messages change.</summary>
    Memory,
    /// <summary>Memory of a fixed length that may only be read.</summary>
    ReadOnlyMemory,
    /// <summary>Memory of length 0.</summary>
    EmptyMemory,
    /// <summary>Memory that nobody can write, nor give another length: it is sealed.</summary>
    SealedMemory,
    EventFd,
    /// <summary>An eventfd that blocks whoever adds to it.</summary>
    FullEventFd,
    PipeRead,
    PipeWrite,
    Directory,
    Null,
    Socket,
    /// <summary>The other end of a socket that belongs to this conversation alone.</summary>
    TwinSocket,
    Epoll,
    /// <summary>A file opened with O_PATH: it can be passed, and nothing else.</summary>
    Path,
}
