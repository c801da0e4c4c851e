namespace VfioSharp.Emulation;

/// <summary>A piece of the host's memory, as one of several that a transfer goes through in order.</summary>
/// <param name="Iova">The first I/O virtual address.</param>
/// <param name="LengthInBytes">The length, not negative.</param>
public readonly record struct MemorySegment(ulong Iova, int LengthInBytes);
