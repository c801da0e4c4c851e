using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>What is sent at once: bytes that are a message, or have been one before they were mutated, and the descriptors that go with them.</summary>
internal sealed class FuzzMessage
{
    public FuzzMessage(byte[] bytes) => Bytes = bytes;

    public FuzzMessage(VfioUserHeader header, ReadOnlySpan<byte> payload)
    {
        Bytes = new byte[VfioUserHeader.SizeInBytes + payload.Length];
        header.MessageSize = (uint)Bytes.Length;
        MemoryMarshal.Write(Bytes, in header);
        payload.CopyTo(Bytes.AsSpan(VfioUserHeader.SizeInBytes));
    }

    public byte[] Bytes { get; set; }

    public List<FdKind> Fds { get; init; } = [];

    /// <summary>Where the bytes are cut, so that they are sent in pieces; ascending.</summary>
    public int[] Cuts { get; set; } = [];

    /// <summary>What is done before the message is sent.</summary>
    public List<Deed> Deeds { get; init; } = [];

    /// <summary>
    /// Where the message is to carry the state that was saved in this conversation: the seed of what is changed in it, or 0 for nothing. Otherwise null.
    /// </summary>
    public ulong? ChangeOfSavedState { get; init; }

    /// <summary>The header, as far as there is one.</summary>
    public VfioUserHeader Header
    {
        get => HasHeader ? MemoryMarshal.Read<VfioUserHeader>(Bytes) : default;
        set
        {
            if (HasHeader)
                MemoryMarshal.Write(Bytes, in value);
        }
    }

    public bool HasHeader => Bytes.Length >= VfioUserHeader.SizeInBytes;

    /// <summary>Whether the next message begins where this one ends.</summary>
    public bool IsFramed => HasHeader && Header.MessageSize == Bytes.Length;

    /// <summary>Whether a peer that is alive has to reply.</summary>
    public bool WantsReply => IsFramed && Header.IsCommand && !Header.IsPosted;

    public FuzzMessage Copy() => new((byte[])Bytes.Clone()) { Fds = [.. Fds], Cuts = Cuts, Deeds = [.. Deeds], ChangeOfSavedState = ChangeOfSavedState };

    public override string ToString() =>
        $"{(HasHeader ? Header.Command : 0)} of {Bytes.Length} bytes{(Fds.Count == 0 ? "" : $", descriptors {string.Join(' ', Fds)}")}"
        + $"{(Deeds.Count == 0 ? "" : $", after {string.Join(", ", Deeds)}")}{(ChangeOfSavedState is null ? "" : ", with the saved state")}"
        + $": {Convert.ToHexStringLower(Bytes.AsSpan(0, Math.Min(Bytes.Length, 96)))}";
}
