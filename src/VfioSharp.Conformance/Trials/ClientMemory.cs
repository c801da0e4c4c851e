using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Conformance.Trials;

/// <summary>Memory that the suite gives to a device without a descriptor: the server reaches it by messages, which are answered here.</summary>
internal sealed class ClientMemory(ulong address, int lengthInBytes)
{
    public ulong Address { get; } = address;

    public byte[] Bytes { get; } = new byte[lengthInBytes];

    /// <summary>How many commands of the server reached it.</summary>
    public int Accesses { get; private set; }

    /// <summary>The longest transfer among them.</summary>
    public ulong LongestTransfer { get; private set; }

    /// <summary>Answers DMA_READ or DMA_WRITE if it lies within this memory.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The reply's payload, or null where it lies elsewhere.</returns>
    public byte[]? Answer(Message command)
    {
        var (at, count) = (command.U64(0), command.U64(8));
        if (at < Address || count > (ulong)Bytes.Length || at - Address > (ulong)Bytes.Length - count)
            return null;
        Accesses++;
        LongestTransfer = Math.Max(LongestTransfer, count);
        var part = Bytes.AsSpan((int)(at - Address), (int)count);
        var echo = new Payload().U64(at).U64(count);
        if (command.Header.Command == VfioUserCommand.DmaRead)
        {
            command.OfLength(16);
            return echo.Bytes(part).ToArray();
        }

        command.OfLength(16 + (int)count);
        command.Payload.AsSpan(16).CopyTo(part);
        return echo.ToArray();
    }
}
