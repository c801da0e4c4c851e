using Microsoft.Extensions.Logging;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// What a <see cref="VfioUserServer"/> grants its clients, and how it waits. Everything that a client can make the server keep has a limit here.
/// Immutable.
/// </summary>
public sealed record VfioUserServerOptions
{
    /// <summary>What bounds a transfer from below, and what QEMU's client takes at most.</summary>
    private const int SmallestDataTransferInBytes = 4096;

    private const int ShortestLongestMessageInBytes = 16 << 10;

    /// <summary>
    /// How many bytes of data a message may carry (max_data_xfer_size); a message longer than that and its header ends the connection, but for the
    /// 16 KiB that any may have. 4 KiB to 64 MiB, which is what QEMU's client takes. Default: 1 MiB.
    /// </summary>
    public int MaxDataTransferInBytes { get; init; } = (int)VfioUserDefaults.MaxDataTransferInBytes;

    /// <summary>
    /// How many descriptors a message may bring (max_msg_fds); a message with more is refused, and all of them are closed. 1 to 16, which is what
    /// QEMU's client takes. Default: 8.
    /// </summary>
    public int MaxMessageFds { get; init; } = 8;

    /// <summary>
    /// How many pieces of memory a client may have mapped at once (max_dma_maps). 1 to 65535. Default: 65535. Of pieces with descriptors all servers of a
    /// process map no more than three quarters of what the kernel lets a process map (vm.max_map_count), and together no more than half of its
    /// addresses; the next is refused with ENOMEM.
    /// </summary>
    public int MaxDmaMaps { get; init; } = (int)VfioUserDefaults.MaxDmaMaps;

    /// <summary>How long one of these pieces may be. Default: 8 TiB.</summary>
    public ulong MaxDmaMapInBytes { get; init; } = 8ul << 40;

    /// <summary>
    /// How long the state may be that a client brings when it moves a function here (MIG_DATA_WRITE). 4 KiB to 2 GiB less 64 KiB. Default: 256 MiB.
    /// </summary>
    public int MaxMigrationStateInBytes { get; init; } = 256 << 20;

    /// <summary>
    /// Whether the connection's thread asks the socket again and again instead of sleeping in the kernel: a round trip costs less than half, and
    /// the thread a core. It sleeps all the same once nothing has come for <see cref="BusyPollLimit"/>. For a function that is an
    /// <see cref="IPollingFunction"/> it means that the thread that looks at it never sleeps; while there is something to look at, the connection's does.
    /// Default: false.
    /// </summary>
    public bool BusyPoll { get; init; }

    /// <summary>With <see cref="BusyPoll"/>: how long the thread spins without a message before it sleeps until the next. Default: a second.</summary>
    public TimeSpan BusyPollLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For an <see cref="IPollingFunction"/>: how long its thread goes on looking once it finds nothing, before it sleeps; until then it has a core to
    /// itself. Not negative, a day at most. Default: 100 microseconds.
    /// </summary>
    public TimeSpan PollingSpin { get; init; } = PollingPace.DefaultSpin;

    /// <summary>
    /// For an <see cref="IPollingFunction"/> that cannot tell of new work: how long its thread sleeps at most between two looks, which is how late work is
    /// found that comes after a pause. It begins with 50 microseconds and doubles. 50 microseconds to a day. Default: a millisecond.
    /// </summary>
    public TimeSpan LongestRest { get; init; } = PollingPace.DefaultLongestRest;

    /// <summary>
    /// Whether a client that offers a second socket for the server's own commands (twin_socket) gets one. Default: true; a client that does not
    /// ask never sees it.
    /// </summary>
    public bool OffersTwinSocket { get; init; } = true;

    /// <summary>Whether a server that listens ends when its first client is gone. Default: false; it serves the next one.</summary>
    public bool EndsWithFirstClient { get; init; }

    /// <summary>How long a client may leave a reply unread before the connection is closed. Default: 10 seconds.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a client may take to answer a command of the server, by which the function reaches memory that came without a descriptor. Then
    /// that access fails; the connection goes on. Default: 5 seconds.
    /// </summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Where the server reports what happens. Null (the default): nowhere. Information tells clients that come and go; Debug requests that are
    /// refused; Warning clients that stop reading or break the protocol; Error exceptions of the function. Called from the server's threads.
    /// </summary>
    public ILogger? Logger { get; init; }

    /// <summary>
    /// The longest message: data behind the largest of the heads that carry any (libvfio-user, SERVER_MAX_MSG_SIZE). Not all messages carry such
    /// data: QEMU puts 200 writes of 24 bytes into a REGION_WRITE_MULTI, whatever the limit is.
    /// </summary>
    internal int LongestMessageInBytes =>
        VfioUserHeader.SizeInBytes + RegionAccessMessage.SizeInBytes + Math.Max(MaxDataTransferInBytes, ShortestLongestMessageInBytes);

    internal PollingPace MakePace() => new(PollingSpin, LongestRest, BusyPoll);

    internal void Check()
    {
        Require(
            MaxDataTransferInBytes is >= SmallestDataTransferInBytes and <= (int)VfioUserDefaults.LargestDataTransferInBytes,
            nameof(MaxDataTransferInBytes), MaxDataTransferInBytes, "4 KiB to 64 MiB");
        Require(MaxMessageFds is >= 1 and <= 16, nameof(MaxMessageFds), MaxMessageFds, "1 to 16");
        Require(MaxDmaMaps is >= 1 and <= (int)VfioUserDefaults.MaxDmaMaps, nameof(MaxDmaMaps), MaxDmaMaps, "1 to 65535");
        Require(MaxDmaMapInBytes is >= 4096 and <= 1ul << 62, nameof(MaxDmaMapInBytes), MaxDmaMapInBytes, "4 KiB to 2^62 bytes");
        Require(
            MaxMigrationStateInBytes is >= 4096 and <= int.MaxValue - 0xffff, nameof(MaxMigrationStateInBytes), MaxMigrationStateInBytes,
            "4 KiB to 2 GiB less 64 KiB");
        Require(BusyPollLimit >= TimeSpan.Zero, nameof(BusyPollLimit), BusyPollLimit, "not negative");
        Require(PollingSpin >= TimeSpan.Zero && PollingSpin.TotalDays <= 1, nameof(PollingSpin), PollingSpin, "not negative and a day at most");
        Require(
            LongestRest >= PollingPace.ShortestRest && LongestRest.TotalDays <= 1, nameof(LongestRest), LongestRest, "50 microseconds to a day");
        Require(SendTimeout > TimeSpan.Zero && SendTimeout.TotalDays <= 1, nameof(SendTimeout), SendTimeout, "more than nothing and a day at most");
        Require(ReplyTimeout > TimeSpan.Zero && ReplyTimeout.TotalDays <= 1, nameof(ReplyTimeout), ReplyTimeout, "more than nothing and a day at most");
    }

    private static void Require(bool isMet, string name, object value, string range)
    {
        if (!isMet)
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {range}.");
    }
}
