using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Conformance.Trials;

internal sealed partial class Conversation
{
    /// <summary>Memory that the server may reach by messages.</summary>
    public List<ClientMemory> Memory { get; } = [];

    /// <summary>What the server's own commands are answered with instead, where it is not null.</summary>
    public Errno? MemoryError { get; set; }

    /// <summary>Sends a command and expects that it is done.</summary>
    /// <returns>The reply.</returns>
    public Message Accept(VfioUserCommand command, ReadOnlySpan<byte> payload, params ReadOnlySpan<int> fds)
    {
        var reply = Ask(command, payload, fds);
        Expect.That(!reply.Header.IsError, $"{command} was refused with {Name(reply.Header.Error)}, expected that it is done.");
        return reply;
    }

    /// <summary>Sends a command and expects that it is refused.</summary>
    /// <param name="command">The command.</param>
    /// <param name="payload">What follows the header.</param>
    /// <param name="usual">The error that peers answer; another one is remarked upon, since the specification leaves it open.</param>
    /// <param name="fds">Descriptors to send.</param>
    public void Refuse(VfioUserCommand command, ReadOnlySpan<byte> payload, Errno usual, params ReadOnlySpan<int> fds) =>
        CheckRefused(Ask(command, payload, fds), usual);

    /// <summary>Sends a command and expects the very error that the specification names.</summary>
    public void RefuseExactly(VfioUserCommand command, ReadOnlySpan<byte> payload, Errno error, params ReadOnlySpan<int> fds)
    {
        var reply = Ask(command, payload, fds);
        Expect.That(reply.Header.IsError, $"{command} was done, expected that it is refused with {error}.");
        Expect.That(reply.Header.Error == (uint)error, $"{command} was refused with {Name(reply.Header.Error)}, expected {error}.");
    }

    /// <summary>Sends a command and takes its reply, whatever it says.</summary>
    public Message Ask(VfioUserCommand command, ReadOnlySpan<byte> payload, params ReadOnlySpan<int> fds) => ReplyTo(Send(command, payload, fds), command);

    /// <summary>Waits for the reply to a command, and checks what holds for any (docs/interop/vfio-user.rst, "Header").</summary>
    public Message ReplyTo(ushort id, VfioUserCommand command)
    {
        var reply = Receive();
        Expect.That(reply is not null, $"the server ended the connection instead of answering {command}.");
        return Check(reply, id, command);
    }

    /// <summary>Expects that the server refuses what it was sent or ends the connection, whichever it likes.</summary>
    /// <returns>Whether the connection is still there.</returns>
    public bool RefusedOrEnded(Errno usual)
    {
        var reply = Receive();
        if (reply is null)
            return false;
        CheckRefused(reply, usual);
        return true;
    }

    /// <summary>Expects that the server ends the connection, after whatever it still says.</summary>
    public void Ended()
    {
        while (Receive() is not null)
        {
        }
    }

    /// <summary>Remarks upon an unusual error.</summary>
    public void CheckRefused(Message reply, Errno usual)
    {
        Expect.That(reply.Header.IsError, $"{reply.Header.Command} was done, expected that it is refused ({usual}).");
        CheckErrorShape(reply);
        if (reply.Header.Error != (uint)usual)
            Remarked?.Invoke($"{reply.Header.Command} is refused with {Name(reply.Header.Error)}, by others with {usual}.");
    }

    /// <summary>Negotiates version 0.0.</summary>
    /// <param name="json">What to say of this side.</param>
    public Message Negotiate(string? json = DefaultCapabilities) => Accept(VfioUserCommand.Version, Requests.Version(0, 0, json));

    /// <summary>What the suite says of itself where a case does not say otherwise.</summary>
    public const string DefaultCapabilities = """{"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1048576}}""";

    private static Message Check(Message reply, ushort id, VfioUserCommand command)
    {
        Expect.That(reply.Header.MessageId == id, $"the reply to {command} has message id 0x{reply.Header.MessageId:x}, expected 0x{id:x}.");
        Expect.That(reply.Header.Command == command, $"the reply to {command} says that it is one to {(ushort)reply.Header.Command}.");
        if (reply.Header.IsError)
            CheckErrorShape(reply);
        return reply;
    }

    private static void CheckErrorShape(Message reply) =>
        Expect.That(
            reply.Payload.Length == 0,
            $"the error reply to {reply.Header.Command} has {reply.Payload.Length} bytes behind its header, expected none.");

    private void Serve(Message command, UnixSocket socket)
    {
        var payload = command.Header.Command is VfioUserCommand.DmaRead or VfioUserCommand.DmaWrite && MemoryError is null
            ? Memory.Select(memory => memory.Answer(command)).FirstOrDefault(answer => answer is not null)
            : null;
        if (command.Header.IsPosted)
            return;
        var bytes = payload is null
            ? ToBytes(VfioUserHeader.ForError(command.Header, MemoryError ?? Errno.EINVAL), default)
            : ToBytes(VfioUserHeader.ForReply(command.Header, payload.Length), payload);
        Expect.That(socket.Send(bytes, default, default) == Errno.None, "the server ended the connection while it was answered.");
    }

    private static string Name(uint error) => error == 0 ? "no error number" : Enum.IsDefined((Errno)error) ? ((Errno)error).ToString() : $"errno {error}";
}
