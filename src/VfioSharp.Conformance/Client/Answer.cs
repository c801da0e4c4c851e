using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client;

/// <summary>What the scripted server answers to a command: usually the right thing, of which a case alters something.</summary>
internal sealed record Answer
{
    /// <summary>What follows the header.</summary>
    public byte[] Payload { get; init; } = [];

    /// <summary>The error to refuse with.</summary>
    public Errno Error { get; init; }

    /// <summary>Descriptors that go with it, by their numbers.</summary>
    public IReadOnlyList<int> Fds { get; init; } = [];

    /// <summary>What is added to the message id.</summary>
    public ushort IdOffset { get; init; }

    /// <summary>The size that the header says, where it is not the right one.</summary>
    public uint? Size { get; init; }

    /// <summary>The flags that the header says, where they are not the right ones.</summary>
    public uint? Flags { get; init; }

    /// <summary>The command that the header says, where it is not the right one.</summary>
    public ushort? Command { get; init; }

    /// <summary>How long to wait before it is sent.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How many bytes to send at a time; null for all.</summary>
    public int? Piece { get; init; }

    /// <summary>After how many bytes to end the connection; null for never.</summary>
    public int? EndAfter { get; init; }

    /// <summary>How often to send it; 0 for not at all.</summary>
    public int Times { get; init; } = 1;

    public Answer With(int offset, uint value) => this with { Payload = Patch(offset, BitConverter.GetBytes(value)) };

    public Answer With(int offset, ulong value) => this with { Payload = Patch(offset, BitConverter.GetBytes(value)) };

    /// <summary>Another text of VERSION.</summary>
    public Answer Json(string? json, ushort minor = 0, ushort major = 0) => this with { Payload = Requests.Version(major, minor, json) };

    private byte[] Patch(int offset, byte[] bytes)
    {
        var payload = Payload.ToArray();
        bytes.CopyTo(payload, offset);
        return payload;
    }
}
