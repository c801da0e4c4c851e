using System.Text;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Makes conversations of a client that is in its right mind with any server: what it asks for may be refused, and is well formed.</summary>
internal sealed partial class ConversationGenerator
{
    private const int FewestTopics = 4;
    private const int MostTopics = 24;

    private static readonly string?[] Versions =
    [
        null,
        "{}",
        """{"capabilities":{}}""",
        """{"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1024}}""",
        """{"capabilities":{"pgsizes":4096,"max_msg_fds":16,"max_dma_maps":65535,"max_data_xfer_size":1048576,"migration":{"max_bitmap_size":268435456,"pgsize":4096},"write_multiple":true}}""",
        """{"capabilities":{"max_msg_fds":64,"max_data_xfer_size":1048576}}""",
        """{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true}}}""",
        """{"capabilities":{"max_msg_fds":1024,"max_data_xfer_size":512,"twin_socket":{"supported":true}}}""",
        """{"capabilities":{"twin_socket":{"supported":true,"fd_index":0}}}""",
        """{"capabilities":{"max_msg_fds":0,"max_data_xfer_size":0,"no_such":{"a":[1,2,{"b":null}]}}}""",
    ];

    private readonly Dice _dice;
    private readonly Conversation _conversation;
    private readonly VictimFunction _function;
    private readonly List<Deed> _deeds = [];
    private ushort _messageId;

    private ConversationGenerator(Dice dice, Conversation conversation)
    {
        _dice = dice;
        _conversation = conversation;
        _function = conversation.Function;
    }

    /// <summary>The conversation of a seed, before anything is mutated.</summary>
    public static Conversation Make(Dice dice, ulong seed, VictimFunction function)
    {
        var conversation = new Conversation(seed, function)
        {
            IsInStep = !dice.OneIn(3),
            MessagesPerSend = dice.Pick(1, 1, 2, 16),
            Manners = dice.OneIn(2) ? (DmaManners)dice.Below(Enum.GetValues<DmaManners>().Length) : DmaManners.Answers,
            TwinManners = dice.OneIn(3) ? (TwinManners)dice.Below(Enum.GetValues<TwinManners>().Length) : TwinManners.Uses,
            Farewell = dice.OneIn(4) ? dice.OneIn(4) ? Farewell.StopsReading : Farewell.Aborts : Farewell.Closes,
        };
        new ConversationGenerator(dice, conversation).Fill();
        return conversation;
    }

    private void Fill()
    {
        Send(VfioUserCommand.Version, Version(_dice.Pick<string?>(Versions)));
        if (_dice.OneIn(3))
            LookAround();
        var count = _dice.Between(FewestTopics, MostTopics);
        for (var i = 0; i < count; i++)
            SendAny();
    }

    private static Payload Version(string? text)
    {
        var payload = new Payload().Add(new VersionMessage { Major = VfioUserDefaults.Major, Minor = VfioUserDefaults.Minor });
        return text is null ? payload : payload.Add(Encoding.UTF8.GetBytes(text)).Add<byte>(0);
    }

    private void SendAny()
    {
        switch (_dice.Below(20))
        {
            case 0:
                LookAround();
                break;
            case 1 or 2:
                MapMemory(PickSlot());
                break;
            case 3:
                UnmapMemory();
                break;
            case 4 or 5:
                SetIrqs();
                break;
            case 6 or 7:
                ReadRegion();
                break;
            case 8 or 9:
                WriteRegion();
                break;
            case 10:
                WriteRegionMany();
                break;
            case 11:
                UseConfigSpace();
                break;
            case 12 or 13 or 14:
                Drive();
                break;
            case 15:
                UseDoorbells();
                break;
            case 16:
                UseFeature();
                break;
            case 17:
                LogDirtyPages();
                break;
            case 18:
                if (_dice.OneIn(2))
                    Migrate();
                else
                    MoveMigrationData(_dice.OneIn(2));
                break;
            default:
                if (_dice.OneIn(2))
                    Send(VfioUserCommand.DeviceReset, new Payload());
                else
                    DoAnything();
                break;
        }
    }

    private void DoAnything()
    {
        var kind = _dice.Pick(
            DeedKind.RingEvents, DeedKind.DrainEvents, DeedKind.MakeEventsBlock, DeedKind.ScribbleShared, DeedKind.CloseFiles, DeedKind.SendTwinJunk,
            DeedKind.SendTwinRequest, DeedKind.CloseTwin);
        _deeds.Add(new Deed(kind, _dice.Below(0x400) << 3, _dice.Bytes(_dice.Between(1, 40))));
        ReadRegion();
    }

    // What is to be done before is done before this message.
    private void Send(VfioUserCommand command, Payload payload, bool isPosted = false, params ReadOnlySpan<FdKind> fds)
    {
        _conversation.Messages.Add(
            new FuzzMessage(VfioUserHeader.ForCommand(++_messageId, command, payload.Bytes.Length, isPosted), payload.Bytes)
            {
                Fds = [.. fds],
                Deeds = [.. _deeds],
            });
        _deeds.Clear();
    }
}
