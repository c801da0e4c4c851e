using System.Text;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Makes conversations of a client that is in its right mind with any server: what it asks for may be refused, and is well formed.</summary>
internal sealed partial class ConversationGenerator
{
    private const int FewestCommands = 4;
    private const int MostCommands = 32;

    private static readonly string?[] Versions =
    [
        null,
        "{}",
        """{"capabilities":{}}""",
        """{"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1024}}""",
        """{"capabilities":{"pgsizes":4096,"max_msg_fds":16,"max_dma_maps":65535,"max_data_xfer_size":1048576,"migration":{"max_bitmap_size":268435456,"pgsize":4096},"write_multiple":true}}""",
        """{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true}}}""",
        """{"capabilities":{"max_msg_fds":0,"max_data_xfer_size":0,"no_such":{"a":[1,2,{"b":null}]}}}""",
    ];

    private readonly Dice _dice;
    private readonly Conversation _conversation;
    private ushort _messageId;

    private ConversationGenerator(Dice dice, Conversation conversation)
    {
        _dice = dice;
        _conversation = conversation;
    }

    /// <summary>The conversation of a seed, before anything is mutated.</summary>
    public static Conversation Make(Dice dice, ulong seed)
    {
        var conversation = new Conversation(seed)
        {
            IsInStep = !dice.OneIn(3),
            Manners = dice.OneIn(3) ? (DmaManners)dice.Below(4) : DmaManners.Answers,
            Farewell = dice.OneIn(4) ? dice.OneIn(4) ? Farewell.StopsReading : Farewell.Aborts : Farewell.Closes,
        };
        new ConversationGenerator(dice, conversation).Fill();
        return conversation;
    }

    private void Fill()
    {
        Send(VfioUserCommand.Version, Version(_dice.Pick<string?>(Versions)));
        if (_dice.OneIn(2))
            LookAround();
        var count = _dice.Between(FewestCommands, MostCommands);
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
        switch (_dice.Below(16))
        {
            case 0:
                LookAround();
                break;
            case 1 or 2:
                MapMemory();
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
            case 12:
                RunDma();
                break;
            case 13:
                GetRegionIoFds();
                break;
            case 14:
                UseFeature();
                break;
            default:
                if (_dice.OneIn(3))
                    Send(VfioUserCommand.DeviceReset, new Payload());
                else if (_dice.OneIn(2))
                    Migrate();
                else
                    MoveMigrationData();
                break;
        }
    }

    private void Send(VfioUserCommand command, Payload payload, bool isPosted = false, params ReadOnlySpan<FdKind> fds) =>
        _conversation.Messages.Add(
            new FuzzMessage(VfioUserHeader.ForCommand(++_messageId, command, payload.Bytes.Length, isPosted), payload.Bytes) { Fds = [.. fds] });
}
