using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client;

/// <summary>What a client sent over a connection, and how it ended.</summary>
internal sealed class ClientRecord
{
    /// <summary>The commands in their order.</summary>
    public List<Message> Commands { get; } = [];

    /// <summary>The replies to the server's own commands.</summary>
    public List<Message> Replies { get; } = [];

    /// <summary>What the receiver found wrong with the stream itself; null where nothing.</summary>
    public string? StreamFault { get; set; }

    /// <summary>Whether the client ended the connection.</summary>
    public bool HasEnded { get; set; }

    public ClientVerdict Verdict { get; set; }

    /// <summary>How the verdict came about, for people.</summary>
    public string Story { get; set; } = string.Empty;

    /// <summary>Whether the client asked what the device is and then accessed a region.</summary>
    public bool HasUsedDevice => Has(VfioUserCommand.DeviceGetInfo) && Has(VfioUserCommand.DeviceGetRegionInfo)
        && (Has(VfioUserCommand.RegionRead) || Has(VfioUserCommand.RegionWrite));

    public IEnumerable<Message> Of(VfioUserCommand command) => Commands.Where(message => message.Header.Command == command);

    private bool Has(VfioUserCommand command) => Of(command).Any();
}
