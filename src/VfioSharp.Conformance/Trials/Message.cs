using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Trials;

/// <summary>A message that came. Its descriptors belong to the conversation that it came in, unless one is taken.</summary>
internal sealed class Message(VfioUserHeader header, byte[] payload, FileDescriptor[] fds)
{
    public VfioUserHeader Header { get; } = header;

    public byte[] Payload { get; } = payload;

    public IReadOnlyList<FileDescriptor> Fds { get; } = fds;

    public ushort U16(int offset) => Read<ushort>(offset);

    public uint U32(int offset) => Read<uint>(offset);

    public ulong U64(int offset) => Read<ulong>(offset);

    /// <summary>Ends the case unless the payload has so many bytes.</summary>
    public Message OfLength(int lengthInBytes)
    {
        Expect.That(Payload.Length == lengthInBytes, $"{Subject} has {Payload.Length} bytes behind its header, expected {lengthInBytes}.");
        return this;
    }

    /// <summary>Ends the case unless the message has so many descriptors.</summary>
    public Message WithFds(int count)
    {
        Expect.That(Fds.Count == count, $"{Subject} has {Fds.Count} descriptors, expected {count}.");
        return this;
    }

    private string Subject => $"the {(Header.IsReply ? "reply to" : "command")} {Header.Command}";

    private T Read<T>(int offset)
        where T : unmanaged
    {
        var size = Marshal.SizeOf<T>();
        if (offset + size > Payload.Length)
            throw new CaseFailedException($"{Subject} has {Payload.Length} bytes behind its header, expected at least {offset + size}.");
        return MemoryMarshal.Read<T>(Payload.AsSpan(offset));
    }
}
