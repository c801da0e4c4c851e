using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>
/// What QEMU 11.1.3 sent when it attached a device for a guest with an IOMMU (Recordings/qemu-attach.txt, the client's messages alone), message by
/// message.
/// </summary>
public sealed partial class QemuConversationTests
{
    [Fact]
    public void Every_message_that_QEMU_sends_when_it_attaches_is_answered_as_it_expects()
    {
        using var function = new EngineFunction();
        using var client = TestClient.Attach(function, json: null);
        using var memory = new SharedFile(512 << 20);
        using var events = EventFd.Create();
        var answered = 0;
        foreach (var (header, payload, fdCount) in ReadRecording())
        {
            var fd = header.Command == VfioUserCommand.DeviceSetIrqs ? events.Descriptor : memory.Descriptor;
            client.Send(header, payload, [.. Enumerable.Repeat(fd, fdCount)]);
            if (header.IsPosted)
                continue;
            using var answer = client.Receive();
            Assert.NotNull(answer);
            Assert.Equal((header.MessageId, header.Command), (answer.Header.MessageId, answer.Header.Command));
            // Ranges that were never mapped are refused, which QEMU reports and forgets.
            if (answer.Errno != Errno.ENOENT || header.Command != VfioUserCommand.DmaUnmap)
                Assert.Equal(Errno.None, answer.Errno);
            Assert.True(answer.Fds.Length <= 1);
            if (!answer.Header.IsError)
                CheckShape(header.Command, payload, answer.Payload);
            answered++;
        }

        Assert.True(answered > 40);
        Assert.Equal(0, client.Server!.FunctionFaultCount);
    }

    private static void CheckShape(VfioUserCommand command, byte[] request, byte[] reply)
    {
        switch (command)
        {
            case VfioUserCommand.DmaMap or VfioUserCommand.DeviceSetIrqs or VfioUserCommand.DeviceReset:
                Assert.Empty(reply);
                break;
            case VfioUserCommand.DmaUnmap or VfioUserCommand.DeviceGetInfo or VfioUserCommand.DeviceGetIrqInfo:
                Assert.Equal(request.Length, reply.Length);
                break;
            case VfioUserCommand.DeviceGetRegionInfo:
                Assert.InRange(reply.U32(0), 32u, 96u);
                Assert.True(reply.U32(0) <= request.U32(0) ? reply.Length == reply.U32(0) : reply.Length == 32);
                break;
            case VfioUserCommand.RegionRead:
                Assert.Equal(16 + (int)request.U32(12), reply.Length);
                break;
            case VfioUserCommand.RegionWrite:
                Assert.Equal(16, reply.Length);
                break;
        }
    }

    private static IEnumerable<(VfioUserHeader Header, byte[] Payload, int FdCount)> ReadRecording()
    {
        var bytes = new List<byte>();
        var fds = 0;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Recordings", "qemu-attach.txt")).Append("# end"))
        {
            if (!line.StartsWith('#'))
            {
                bytes.AddRange(
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => byte.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
                continue;
            }

            if (bytes.Count != 0)
                yield return (System.Runtime.InteropServices.MemoryMarshal.Read<VfioUserHeader>(bytes.ToArray()), [.. bytes.Skip(16)], fds);
            bytes.Clear();
            fds = FdCount().Match(line) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        }
    }

    [GeneratedRegex(@"nfds (\d+)")]
    private static partial Regex FdCount();
}
