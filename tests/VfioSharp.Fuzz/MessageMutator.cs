using System.Text;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Changes one message, so that its sender is no longer in its right mind.</summary>
internal static class MessageMutator
{
    private const int MostFds = 40;

    private static readonly string[] CorruptVersions =
    [
        "{", "[]", "0", "nul", "\"", "{\"capabilities\":[]}", "{\"capabilities\":null}", "{\"capabilities\":{\"max_msg_fds\":-1}}",
        "{\"capabilities\":{\"max_msg_fds\":1e400}}", "{\"capabilities\":{\"max_msg_fds\":\"8\"}}", "{\"capabilities\":{\"max_msg_fds\":1025}}",
        "{\"capabilities\":{\"max_data_xfer_size\":18446744073709551615}}", "{\"capabilities\":{\"max_data_xfer_size\":0}}",
        "{\"capabilities\":{\"pgsizes\":0}}", "{\"capabilities\":{\"pgsizes\":2048}}", "{\"capabilities\":{\"migration\":{\"pgsize\":4095}}}",
        "{\"capabilities\":{\"migration\":7}}", "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":99}}}",
        "{\"capabilities\":{\"twin_socket\":{\"supported\":1}}}", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[[[[[[[[[[]]]]]]]]]]}}}}}",
        "{\"capabilities\":{},\"capabilities\":{\"max_msg_fds\":2}}", "{}x", "{}\0{}", "\u00ff\u00fe{}",
    ];

    /// <summary>Changes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="dice">Says what is changed.</param>
    public static void Mutate(FuzzMessage message, Dice dice)
    {
        switch (dice.Below(12))
        {
            case 0 or 1:
                ChangeHeader(message, dice);
                break;
            case 2 or 3 or 4:
                ChangeField(message, dice);
                break;
            case 5:
                ChangeByte(message, dice);
                break;
            case 6:
                ChangeLength(message, dice, fixesHeader: true);
                break;
            case 7:
                // Everything behind is then read at the wrong place: rarer, since nothing after it is tried.
                ChangeLength(message, dice, fixesHeader: !dice.OneIn(3));
                break;
            case 8 or 9:
                ChangeFds(message, dice);
                break;
            case 10:
                message.Cuts = Cut(message.Bytes.Length, dice);
                break;
            default:
                if (message.Header.Command == VfioUserCommand.Version)
                    ChangeVersion(message, dice);
                else
                    message.Deeds.Add(MakeDeed(dice));
                break;
        }
    }

    private static Deed MakeDeed(Dice dice)
    {
        var kind = (DeedKind)dice.Below(Enum.GetValues<DeedKind>().Length);
        return kind switch
        {
            DeedKind.CutMemory => new Deed(kind, dice.Pick(0, 4096, 0x3001, FdSupply.MemoryLengthInBytes, 2 * FdSupply.MemoryLengthInBytes)),
            DeedKind.FillMemory => new Deed(kind, dice.Below(FdSupply.MemoryLengthInBytes), dice.Bytes(dice.Below(128))),
            DeedKind.ScribbleShared => new Deed(kind, dice.Below(0x400) << 3, dice.Bytes(8)),
            DeedKind.SendTwinJunk => new Deed(kind, 0, dice.Bytes(dice.Between(1, 64))),
            _ => new Deed(kind),
        };
    }

    private static void ChangeHeader(FuzzMessage message, Dice dice)
    {
        var header = message.Header;
        switch (dice.Below(6))
        {
            case 0:
                header.Command = dice.OneIn(4) ? (VfioUserCommand)dice.Next() : (VfioUserCommand)dice.Below(20);
                break;
            case 1:
                header.MessageId = (ushort)dice.Next();
                break;
            case 2:
                header.Flags = dice.Pick(VfioUserHeader.TypeReply, VfioUserHeader.FlagNoReply, VfioUserHeader.FlagError | VfioUserHeader.TypeReply, VfioUserHeader.FlagError, 2u, (uint)dice.Next());
                break;
            case 3:
                header.Error = (uint)dice.Awkward();
                break;
            case 4 when dice.OneIn(4):
                header.MessageSize = (uint)dice.Awkward();
                break;
            case 5 when dice.OneIn(4):
                header.MessageSize = (uint)(header.MessageSize + dice.Pick(-16, -4, -1, 1, 4, 16));
                break;
            default:
                header.Flags ^= VfioUserHeader.FlagNoReply;
                break;
        }

        message.Header = header;
    }

    private static void ChangeField(FuzzMessage message, Dice dice)
    {
        var fields = (message.Bytes.Length - VfioUserHeader.SizeInBytes) / sizeof(uint);
        if (fields <= 0)
            return;
        // The front of a payload holds what is checked, what follows is data.
        var field = dice.Below(dice.OneIn(8) ? fields : Math.Min(fields, 12));
        var target = message.Bytes.AsSpan(VfioUserHeader.SizeInBytes + field * sizeof(uint));
        var value = dice.Awkward();
        if (target.Length >= sizeof(ulong) && dice.OneIn(2))
            BitConverter.TryWriteBytes(target, value);
        else
            BitConverter.TryWriteBytes(target, (uint)value);
    }

    private static void ChangeByte(FuzzMessage message, Dice dice)
    {
        if (message.Bytes.Length > VfioUserHeader.SizeInBytes)
            message.Bytes[dice.Between(VfioUserHeader.SizeInBytes, message.Bytes.Length - 1)] ^= (byte)(1 << dice.Below(8));
    }

    private static void ChangeLength(FuzzMessage message, Dice dice, bool fixesHeader)
    {
        var length = message.Bytes.Length;
        var target = dice.Below(4) switch
        {
            0 => dice.Below(length + 1),
            1 => length + dice.Between(1, 64),
            2 => Math.Max(0, length - dice.Between(1, 16)),
            _ => Math.Min(length, VfioUserHeader.SizeInBytes + dice.Below(24)),
        };
        if (fixesHeader)
            target = Math.Max(target, VfioUserHeader.SizeInBytes);
        var bytes = message.Bytes;
        Array.Resize(ref bytes, target);
        message.Bytes = bytes;
        if (!fixesHeader)
            return;
        var header = message.Header;
        header.MessageSize = (uint)target;
        message.Header = header;
    }

    private static void ChangeFds(FuzzMessage message, Dice dice)
    {
        var kind = (FdKind)dice.Below(Enum.GetValues<FdKind>().Length);
        switch (dice.Below(4))
        {
            case 0:
                message.Fds.Clear();
                break;
            case 1 when message.Fds.Count > 0:
                message.Fds[dice.Below(message.Fds.Count)] = kind;
                break;
            case 2:
                message.Fds.AddRange(Enumerable.Repeat(kind, dice.Between(1, MostFds)));
                break;
            default:
                message.Fds.Insert(dice.Below(message.Fds.Count + 1), kind);
                break;
        }
    }

    private static void ChangeVersion(FuzzMessage message, Dice dice)
    {
        var text = Encoding.UTF8.GetBytes(dice.Pick<string>(CorruptVersions));
        var payload = new Payload().Add(new VersionMessage { Major = (ushort)dice.Below(2), Minor = (ushort)dice.Below(3) }).Add(text);
        if (!dice.OneIn(5))
            payload.Add<byte>(0);
        message.Bytes = new FuzzMessage(message.Header, payload.Bytes).Bytes;
    }

    private static int[] Cut(int length, Dice dice)
    {
        if (length < 2)
            return [];
        var cuts = new SortedSet<int>();
        for (var i = dice.Between(1, 4); i > 0; i--)
            cuts.Add(dice.Between(1, length - 1));
        return [.. cuts];
    }
}
