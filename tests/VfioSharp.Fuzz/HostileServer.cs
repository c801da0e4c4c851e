using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>
/// A server that lies. It knows the right reply to everything, and what it sends instead follows from a seed: the reply changed, twice, late, to another
/// command, none, or commands of its own in between, over the one socket or the other; and its device may be none that there can be. For one thread at a
/// time.
/// </summary>
internal sealed partial class HostileServer(UnixListener listener, FdSupply fds)
{
    private const int LongestMessageInBytes = (1 << 20) + 4096;
    private const int MostFdsOfCommand = 64;

    /// <summary>How long a client may hold a connection without a word. It gives up long before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // What the client of this conversation has mapped for DMA.
    private readonly List<DmaMapMessage> _mapped = [];

    /// <summary>How many messages were sent so far.</summary>
    public long MessageCount { get; private set; }

    /// <summary>How many commands came so far, and how many of them were answered rightly.</summary>
    public (long All, long Truly) Commands { get; private set; }

    /// <summary>How many answers to commands of this server came so far, and how many of them gave or took the bytes.</summary>
    public (long All, long Granted) Answers { get; private set; }

    /// <summary>Serves the next client until it goes away.</summary>
    /// <param name="dice">Says how.</param>
    /// <param name="isHonest">Whether every reply is right.</param>
    /// <returns>What the client did wrong; null where nothing.</returns>
    public string? Serve(Dice dice, bool isHonest)
    {
        fds.SetMemoryLength(FdSupply.MemoryLengthInBytes);
        _mapped.Clear();
        using var twin = new TwinSide(fds.RenewTwinSocket());
        using var socket = listener.Accept() ?? throw new FuzzException("Nobody listens any more.");
        using var receiver = new MessageReceiver(socket, LongestMessageInBytes, MostFdsOfCommand);
        socket.SetTimeouts(Patience, Patience);
        var layout = ModelLayout.Honest;
        if (!isHonest && dice.OneIn(2))
            layout = ModelLayout.MakeHostile(dice);
        else if (dice.OneIn(2))
            layout = layout.WithTwinSocket();
        var device = new ModelDevice(layout);
        var odds = isHonest ? 0 : dice.Pick(3, 8, 20, 60);
        FuzzMessage? last = null;
        while (true)
        {
            switch (receiver.Receive())
            {
                case ReceiveStatus.Message:
                    break;
                case ReceiveStatus.Closed:
                    return null;
                case ReceiveStatus.Nothing:
                    return $"holds its connection for {Patience.TotalSeconds} s without a word";
                case ReceiveStatus.Failed when receiver.Error is Errno.ECONNRESET or Errno.EPIPE:
                    return null;
                case var status:
                    return $"sent what is no message: {status} {receiver.Header.MessageSize} {receiver.Error}";
            }

            var header = receiver.Header;
            if (header.IsReply)
            {
                CountAnswer(header);
                continue;
            }

            if (!header.IsCommand)
                return $"sent a message of type {header.Flags & VfioUserHeader.TypeMask}";
            Note(header, receiver.Payload);
            var reply = device.Reply(header, receiver.Payload);
            if (header.Command != VfioUserCommand.Version && layout.VersionFds.Contains(FdKind.TwinSocket) && UseTwin(twin, dice, isHonest) is { } mistake)
                return mistake;
            var isLie = odds != 0 && dice.OneIn(odds);
            Commands = (Commands.All + 1, Commands.Truly + (isLie ? 0 : 1));
            if (isLie ? !Lie(socket, dice, reply, last) : !header.IsPosted && !Send(socket, reply))
                return null;
            last = reply;
        }
    }

    private void Note(in VfioUserHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Command == VfioUserCommand.DmaMap && payload.Length >= DmaMapMessage.SizeInBytes)
            _mapped.Add(MemoryMarshal.Read<DmaMapMessage>(payload));
        if (header.Command != VfioUserCommand.DmaUnmap || payload.Length < DmaUnmapMessage.SizeInBytes)
            return;
        var unmap = MemoryMarshal.Read<DmaUnmapMessage>(payload);
        _mapped.RemoveAll(map => unmap.Flags == DmaUnmapMessage.FlagAll || map.Address - unmap.Address < unmap.Size);
    }

    private void CountAnswer(in VfioUserHeader answer) => Answers = (Answers.All + 1, Answers.Granted + (answer.IsError ? 0 : 1));

    private bool Send(UnixSocket socket, FuzzMessage message)
    {
        foreach (var deed in message.Deeds.Where(deed => deed.Kind == DeedKind.CutMemory))
            fds.SetMemoryLength(deed.Place);
        if (message.Bytes.Length == 0)
            return true;
        MessageCount++;
        var numbers = message.Fds.Select(fds.Number).ToArray();
        var start = 0;
        foreach (var end in message.Cuts.Where(cut => cut < message.Bytes.Length).Append(message.Bytes.Length))
        {
            if (socket.Send(message.Bytes.AsSpan(start, end - start), default, start == 0 ? numbers : []) != Errno.None)
                return false;
            start = end;
        }

        return true;
    }

    /// <summary>The server's end of the socket for its own commands. Owns it.</summary>
    private sealed class TwinSide : IDisposable
    {
        public TwinSide(UnixSocket socket)
        {
            Socket = socket;
            socket.SetTimeouts(Patience, Patience);
            Receiver = new MessageReceiver(socket, LongestMessageInBytes, MostFdsOfCommand);
        }

        public UnixSocket Socket { get; }

        public MessageReceiver Receiver { get; }

        public bool IsClosed { get; private set; }

        public void Dispose()
        {
            IsClosed = true;
            Receiver.Dispose();
            Socket.Dispose();
        }
    }
}
