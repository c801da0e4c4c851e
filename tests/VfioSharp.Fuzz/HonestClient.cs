using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>
/// A client without fault: it resets the device and asks for everything that describes it. The answers are the same whatever others have done to the
/// server before.
/// </summary>
/// <param name="function">What it asks.</param>
/// <param name="path">What the paths of the sockets begin with.</param>
internal sealed class HonestClient(VictimFunction function, string path)
{
    private const int LongestMessageInBytes = 1 << 20;
    private const int MostFdsOfReply = 16;
    private const uint RegionCount = 9;
    private const uint IrqIndexCount = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private string? _answers;

    /// <summary>Asks, and compares the answers with those that it got when it asked first.</summary>
    /// <returns>What differs; null where nothing.</returns>
    /// <exception cref="FuzzException">The server does not reply, or refuses what it has to grant.</exception>
    public string? Check()
    {
        var answers = Ask();
        _answers ??= answers;
        if (answers == _answers)
            return null;
        var (now, before) = answers.Split('\n').Zip(_answers.Split('\n')).First(pair => pair.First != pair.Second);
        return $"answers an honest client of {function.Name} otherwise than before:\n  before: {before}\n  now:    {now}";
    }

    // All replies, a line each.
    private string Ask()
    {
        using var socket = UnixSocket.Connect(function.SocketBeside(path), null);
        using var receiver = new MessageReceiver(socket, LongestMessageInBytes, MostFdsOfReply);
        socket.SetTimeouts(Patience, Patience);
        var lines = new List<string>();
        foreach (var message in Questions())
        {
            var header = message.Header;
            var errno = socket.Send(message.Bytes, default, default);
            var status = errno == Errno.None ? receiver.Receive() : ReceiveStatus.Failed;
            if (status != ReceiveStatus.Message || receiver.Header.MessageId != header.MessageId || !receiver.Header.IsReply)
                throw new FuzzException($"An honest client gets no reply to {header.Command}: {status} {errno}.");
            var mayFail = header.Command is VfioUserCommand.DeviceGetRegionInfo or VfioUserCommand.DeviceGetIrqInfo;
            if (receiver.Header.IsError && !mayFail)
                throw new FuzzException($"An honest client is refused {header.Command}: {(Errno)receiver.Header.Error}.");
            lines.Add(
                $"{header.Command} {receiver.Header.Flags:x} {receiver.Header.Error} {receiver.FdCount} {Convert.ToHexStringLower(receiver.Payload)}");
        }

        return string.Join('\n', lines);
    }

    private IEnumerable<FuzzMessage> Questions()
    {
        ushort id = 100;
        FuzzMessage Ask(VfioUserCommand command, Payload payload) =>
            new(VfioUserHeader.ForCommand(id++, command, payload.Bytes.Length), payload.Bytes);

        yield return Ask(VfioUserCommand.Version, new Payload().Add(default(VersionMessage)).Add("{}\0"u8));
        yield return Ask(VfioUserCommand.DeviceReset, new Payload());
        yield return Ask(VfioUserCommand.DeviceGetInfo, new Payload().Add(new DeviceInfoMessage { ArgumentSize = DeviceInfoMessage.SizeInBytes }));
        for (var index = 0u; index < RegionCount; index++)
            yield return Ask(VfioUserCommand.DeviceGetRegionInfo, new Payload().Add(new VfioRegionInfo { ArgumentSize = 4064, Index = index }));
        for (var index = 0u; index < IrqIndexCount; index++)
            yield return Ask(VfioUserCommand.DeviceGetIrqInfo, new Payload().Add(new VfioIrqInfo { ArgumentSize = (uint)Marshal.SizeOf<VfioIrqInfo>(), Index = index }));
        yield return Ask(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Region = VictimFunction.ConfigRegion, Count = 256 }));
        // Registers and memory as they are after a reset.
        foreach (var (index, _) in function.Regions)
            yield return Ask(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Region = index, Count = 128 }));
        // What is written is what is read: memory decoding and bus mastering.
        yield return Ask(VfioUserCommand.RegionWrite, new Payload().Add(new RegionAccessMessage { Region = VictimFunction.ConfigRegion, Offset = 4, Count = 2 }).Add<ushort>(6));
        yield return Ask(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Region = VictimFunction.ConfigRegion, Offset = 4, Count = 2 }));
    }
}
