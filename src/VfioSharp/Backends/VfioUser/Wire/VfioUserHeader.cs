using System.Runtime.InteropServices;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>
/// The 16 bytes in front of every message (docs/interop/vfio-user.rst, "Header"), in the host's byte order as all of the protocol's own fields:
/// both ends are on one machine. Only what a message carries of a region or of memory is in memory order.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioUserHeader
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 16;

    /// <summary>Flags, bits 0 to 3: the type of the message.</summary>
    public const uint TypeMask = 0xf;
    /// <summary>The type of a command.</summary>
    public const uint TypeCommand = 0;
    /// <summary>The type of a reply.</summary>
    public const uint TypeReply = 1;
    /// <summary>A command whose sender wants no reply.</summary>
    public const uint FlagNoReply = 1 << 4;
    /// <summary>A reply that carries an error number, and nothing behind the header.</summary>
    public const uint FlagError = 1 << 5;

    /// <summary>Which command a reply answers. A sender chooses it as it likes; SPDK's client always 0.</summary>
    public ushort MessageId;
    /// <summary>The command.</summary>
    public VfioUserCommand Command;
    /// <summary>The length of the whole message, this header included.</summary>
    public uint MessageSize;
    /// <summary>Type and flags.</summary>
    public uint Flags;
    /// <summary>The error number of a reply with <see cref="FlagError"/>.</summary>
    public uint Error;

    /// <summary>Whether it is a reply.</summary>
    public readonly bool IsReply => (Flags & TypeMask) == TypeReply;

    /// <summary>Whether it is a command.</summary>
    public readonly bool IsCommand => (Flags & TypeMask) == TypeCommand;

    /// <summary>Whether the sender of this command wants no reply.</summary>
    public readonly bool IsPosted => (Flags & FlagNoReply) != 0;

    /// <summary>Whether this reply carries an error.</summary>
    public readonly bool IsError => (Flags & FlagError) != 0;

    /// <summary>The header of a command.</summary>
    public static VfioUserHeader ForCommand(ushort messageId, VfioUserCommand command, int payloadLengthInBytes, bool isPosted = false) => new()
    {
        MessageId = messageId,
        Command = command,
        MessageSize = (uint)(SizeInBytes + payloadLengthInBytes),
        Flags = isPosted ? TypeCommand | FlagNoReply : TypeCommand,
    };

    /// <summary>The header of the reply to a command.</summary>
    public static VfioUserHeader ForReply(in VfioUserHeader command, int payloadLengthInBytes) => new()
    {
        MessageId = command.MessageId,
        Command = command.Command,
        MessageSize = (uint)(SizeInBytes + payloadLengthInBytes),
        Flags = TypeReply,
    };

    /// <summary>The whole of a reply that refuses a command.</summary>
    public static VfioUserHeader ForError(in VfioUserHeader command, Errno error) => new()
    {
        MessageId = command.MessageId,
        Command = command.Command,
        MessageSize = SizeInBytes,
        Flags = TypeReply | FlagError,
        Error = (uint)error,
    };
}
