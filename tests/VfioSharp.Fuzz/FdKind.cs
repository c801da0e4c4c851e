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
    EventFd,
    PipeRead,
    PipeWrite,
    Directory,
    Null,
    Socket,
    /// <summary>A file opened with O_PATH: it can be passed, and nothing else.</summary>
    Path,
}
