using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Serving;

/// <summary>The options that say what clients are granted, and how the server waits for them.</summary>
internal sealed class ServeLimits
{
    private const ulong LongestWaitInSeconds = 86_400;

    private static readonly VfioUserServerOptions Usual = new();

    private readonly Option<ulong> _transfer = Limit("--max-transfer", "Bytes of data in a message", 4096, 64 << 20, (ulong)Usual.MaxDataTransferInBytes);
    private readonly Option<ulong> _descriptors = Limit("--max-fds", "Descriptors with a message", 1, 16, (ulong)Usual.MaxMessageFds);
    private readonly Option<ulong> _maps = Limit("--max-dma-maps", "Pieces of memory that a client has mapped", 1, 65_535, (ulong)Usual.MaxDmaMaps);
    private readonly Option<ulong> _mapLength = Limit("--max-dma-length", "Bytes of such a piece", 4096, 1ul << 62, Usual.MaxDmaMapInBytes);
    private readonly Option<ulong> _state = Limit(
        "--max-state", "Bytes of the state of a function that is moved here", 4096, int.MaxValue - 0xffff, (ulong)Usual.MaxMigrationStateInBytes);

    private readonly Option<ulong> _send = Limit(
        "--send-timeout", "Seconds that a client may leave a reply unread", 1, LongestWaitInSeconds, (ulong)Usual.SendTimeout.TotalSeconds);
    private readonly Option<ulong> _reply = Limit(
        "--reply-timeout", "Seconds that a client may take to answer a request", 1, LongestWaitInSeconds, (ulong)Usual.ReplyTimeout.TotalSeconds);
    private readonly Option<bool> _busyPoll = new("--busy-poll")
    {
        Description = "Spin instead of sleeping while messages come: less than half the time, and a core each",
    };

    private readonly Option<double> _spin = LimitedOptions.Seconds(
        "--spin", "How long a function that is looked at is looked at in vain", 0, LongestWaitInSeconds, Usual.PollingSpin.TotalSeconds);

    private readonly Option<double> _rest = LimitedOptions.Seconds(
        "--rest", "How long it is left alone at most after that", 50e-6, LongestWaitInSeconds, Usual.LongestRest.TotalSeconds);

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_busyPoll);
        verb.Add(_spin);
        verb.Add(_rest);
        foreach (var limit in new[] { _transfer, _descriptors, _maps, _mapLength, _state, _send, _reply })
            verb.Add(limit);
    }

    /// <summary>What the command line says.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="logger">Where the server reports.</param>
    /// <param name="endsWithFirstClient">Whether the server ends when its first client is gone.</param>
    public VfioUserServerOptions Read(ParseResult parsed, ILogger logger, bool endsWithFirstClient) => new()
    {
        EndsWithFirstClient = endsWithFirstClient,
        MaxDataTransferInBytes = (int)parsed.GetValue(_transfer),
        MaxMessageFds = (int)parsed.GetValue(_descriptors),
        MaxDmaMaps = (int)parsed.GetValue(_maps),
        MaxDmaMapInBytes = parsed.GetValue(_mapLength),
        MaxMigrationStateInBytes = (int)parsed.GetValue(_state),
        SendTimeout = TimeSpan.FromSeconds(parsed.GetValue(_send)),
        ReplyTimeout = TimeSpan.FromSeconds(parsed.GetValue(_reply)),
        BusyPoll = parsed.GetValue(_busyPoll),
        PollingSpin = TimeSpan.FromSeconds(parsed.GetValue(_spin)),
        LongestRest = TimeSpan.FromSeconds(parsed.GetValue(_rest)),
        Logger = logger,
    };

    private static Option<ulong> Limit(string name, string description, ulong minimum, ulong maximum, ulong usual) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (NumberText.TryParse(text, out var value) && value >= minimum && value <= maximum)
                return value;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is a number from {minimum} to {maximum}, not '{text}'."));
            return usual;
        },
    };
}
