using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client;

/// <summary>What the scripted server does otherwise than right, for one connection.</summary>
internal sealed class Script
{
    /// <summary>Alters an answer; gets the command and the right answer.</summary>
    public Func<Message, Answer, Answer>? Alter { get; init; }

    /// <summary>Alters the device before the client comes.</summary>
    public Action<ScriptedDevice>? Prepare { get; init; }

    /// <summary>Once the client has attached; sends commands of the server's own, or ends the connection.</summary>
    public Action<ScriptedServer>? OnAttached { get; init; }

    /// <summary>Alters the answers to one command.</summary>
    public static Script On(VfioUserCommand command, Func<Answer, Answer> alter) =>
        new() { Alter = (message, answer) => message.Header.Command == command ? alter(answer) : answer };

    /// <summary>Alters the description of one region.</summary>
    public static Script OnRegion(uint region, Func<Message, Answer, Answer> alter) => new()
    {
        Alter = (message, answer) => message.Header.Command == VfioUserCommand.DeviceGetRegionInfo && message.Payload.Length >= 12 && message.U32(8) == region
            ? alter(message, answer)
            : answer,
    };

    /// <inheritdoc cref="OnRegion(uint, Func{Message, Answer, Answer})"/>
    public static Script OnRegion(uint region, Func<Answer, Answer> alter) => OnRegion(region, (_, answer) => alter(answer));
}
