using VfioSharp.Backends;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Dma;
using VfioSharp.Native;

namespace VfioSharp.Tests.VfioUser;

/// <summary>What a server asks of its client: memory that is mapped for DMA, at any time, and nothing else.</summary>
public sealed class ServerCommandTests : IDisposable
{
    private readonly ScriptedFunction _function = new();

    public void Dispose() => _function.Dispose();

    [Fact]
    public void Memory_is_read_and_written_while_nobody_waits()
    {
        using var device = _function.Open();
        using var buffer = DmaBuffer.Allocate(8192, backing: DmaBacking.Anonymous);
        using var mapping = device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0x10_0000) });
        buffer.Span[4095] = 1;
        buffer.Span[4096] = 2;

        for (var i = 0; i < 20; i++)
        {
            var read = _function.Server.Ask(VfioUserCommand.DmaRead, ScriptedServer.DmaAccess(0x10_0fff, 2));
            Assert.Equal(ScriptedServer.DmaAccess(0x10_0fff, 2, 1, 2), read.Payload);
            Assert.Equal(77, read.Header.MessageId);
            var write = _function.Server.Ask(VfioUserCommand.DmaWrite, ScriptedServer.DmaAccess(0x10_0003, 3, 7, 8, (byte)i));
            Assert.Equal(ScriptedServer.DmaAccess(0x10_0003, 3), write.Payload);
            Assert.Equal([0, 7, 8, (byte)i, 0], buffer.Span[2..7].ToArray());
            // Between two requests of the client.
            Assert.Equal(0x1234, device.Config.VendorId);
        }
    }

    [Fact]
    public void Memory_is_reached_while_a_caller_waits_for_its_reply_and_when_the_command_comes_with_it()
    {
        using var device = _function.Open();
        using var window = device.Regions[0].Open();
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0) });
        _function.Server.On(VfioUserCommand.RegionRead, static request =>
            new Answer([.. ScriptedServer.Bytes(request.As<RegionAccessMessage>()), 5, 0, 0, 0])
            {
                Before = ScriptedServer.Command(VfioUserCommand.DmaWrite, ScriptedServer.DmaAccess(0, 1, 1)),
                Behind = ScriptedServer.Command(VfioUserCommand.DmaWrite, ScriptedServer.DmaAccess(1, 1, 2)),
            });

        Assert.Equal(5u, window.Read32(0));
        Assert.Equal(1, buffer.At<byte>(0));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref buffer.At<byte>(1)) == 2, 5000), "The command behind the reply was not taken.");
        Assert.Equal(5u, window.Read32(0));
    }

    [Fact]
    public void A_server_that_asks_where_nothing_is_mapped_is_answered_too()
    {
        using var device = _function.Open();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Errno.ENODEV, _function.Server.Ask(VfioUserCommand.DmaRead, ScriptedServer.DmaAccess(0, 4)).Error);
            Assert.Equal(0x1234, device.Config.VendorId);
        }
    }

    [Fact]
    public void Nothing_but_mapped_memory_is_reached_and_only_as_it_was_mapped()
    {
        using var device = _function.Open();
        using var buffer = DmaBuffer.Allocate(8192);
        using var readable = device.Dma.Map(buffer, 0, 4096, new DmaMapOptions { Fixed = new Iova(0x1000), Access = DmaAccess.Read });
        var writable = device.Dma.Map(buffer, 4096, 4096, new DmaMapOptions { Fixed = new Iova(0x2000), Access = DmaAccess.Write });

        Assert.Equal(Errno.None, Read(0x1000, 4096));
        Assert.Equal(Errno.None, Read(0x1000, 0));
        Assert.Equal(Errno.ENODEV, Read(0xfff, 2));
        Assert.Equal(Errno.EACCES, Read(0x1fff, 2));
        Assert.Equal(Errno.ENODEV, Read(ulong.MaxValue, 2));
        Assert.Equal(Errno.E2BIG, Read(0x1000, (1 << 20) + 1));
        Assert.Equal(Errno.E2BIG, Read(0x1000, ulong.MaxValue));
        Assert.Equal(Errno.None, Write(0x2ffe, 2, [1, 2]));
        Assert.Equal(Errno.ENODEV, Write(0x2fff, 2, [1, 2]));
        Assert.Equal(Errno.EACCES, Write(0x1000, 1, [1]));
        Assert.Equal(Errno.E2BIG, Write(0x2000, 2, [1]));
        Assert.Equal(Errno.EINVAL, Write(0x2000, 1, [1, 2]));
        Assert.Equal(Errno.EINVAL, _function.Server.Ask(VfioUserCommand.DmaRead, new byte[15]).Error);
        Assert.Equal(Errno.EINVAL, _function.Server.Ask(VfioUserCommand.DmaWrite, []).Error);
        Assert.Equal(Errno.ENOSYS, _function.Server.Ask(VfioUserCommand.DeviceReset, []).Error);
        writable.Dispose();
        Assert.Equal(Errno.ENODEV, Write(0x2ffe, 2, [3, 4]));
        Assert.Equal([1, 2], buffer.Span[8190..].ToArray());
    }

    [Fact]
    public void Commands_over_a_twin_socket_are_answered_there_while_the_other_is_busy()
    {
        var (twin, clients) = UnixSocket.CreatePair();
        using (twin)
        using (clients)
        {
            _function.Server.On(VfioUserCommand.Version, _ =>
                Answer.Version("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}") with { Fds = [clients.Descriptor.Number] });
            using var device = _function.Open();
            using var window = device.Regions[0].Open();
            using var buffer = DmaBuffer.Allocate(4096);
            using var mapping = device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0) });
            using var receiver = new MessageReceiver(twin, 4096, 0);
            _function.Server.On(VfioUserCommand.RegionRead, request =>
            {
                // The client waits for this answer meanwhile.
                for (var i = 0ul; i < 5; i++)
                {
                    twin.Send(ScriptedServer.Command(VfioUserCommand.DmaWrite, ScriptedServer.DmaAccess(8 + i, 2, 3, 4)), [], []);
                    Assert.Equal(ReceiveStatus.Message, receiver.Receive());
                    Assert.True(receiver.Header.IsReply && !receiver.Header.IsError);
                }

                return new Answer([.. ScriptedServer.Bytes(request.As<RegionAccessMessage>()), 6, 0, 0, 0]);
            });

            Assert.Equal(6u, window.Read32(0));
            Assert.Equal([3, 3, 3, 3, 3, 4], buffer.Span[8..14].ToArray());
        }
    }

    [Fact]
    public void Memory_that_another_server_cut_short_is_an_error_and_no_crash()
    {
        using var device = _function.Open();
        using var window = device.Regions[2].Open();
        using var mapping = device.Dma.MapRegion(window, new DmaMapOptions { Fixed = new Iova(0) });
        window.Write32(4, 9);
        Assert.Equal(ScriptedServer.DmaAccess(4, 1, 9), _function.Server.Ask(VfioUserCommand.DmaRead, ScriptedServer.DmaAccess(4, 1)).Payload);
        Assert.Equal(0, Libc.ftruncate(_function.SharedFile, 0));

        Assert.Equal(Errno.EFAULT, Read(4, 4));
        Assert.Equal(Errno.EFAULT, Write(4, 1, [1]));
    }

    [Fact]
    public void Unmapping_waits_for_an_access_that_is_under_way()
    {
        using var device = _function.Open();
        using var stop = new CancellationTokenSource();
        var refused = 0;
        var made = 0;
        var asking = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (_function.Server.Ask(VfioUserCommand.DmaWrite, ScriptedServer.DmaAccess(0, 65536, new byte[65536])).Error == Errno.None)
                    made++;
                else
                    refused++;
            }
        });
        asking.Start();
        // Memory that is unmapped under an access would end the process.
        for (var i = 0; i < 200 || (made == 0 && i < 5000); i++)
        {
            using var buffer = DmaBuffer.Allocate(65536, backing: DmaBacking.Anonymous);
            using var mapping = device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0) });
            Thread.Yield();
        }

        stop.Cancel();
        asking.Join();
        Assert.True(made > 0 && refused >= 0);
    }

    [Fact]
    public void A_part_of_a_mapping_cannot_be_unmapped_and_a_refused_one_is_not_served()
    {
        using var device = _function.Open();
        using var buffer = DmaBuffer.Allocate(8192);
        _function.Server.On(VfioUserCommand.DmaMap, static _ => Answer.Refusal(Errno.EEXIST));
        Assert.Equal(Errno.EEXIST, Assert.Throws<VfioException>(() => device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0) })).Errno);
        Assert.Equal(Errno.ENODEV, Read(0, 1));

        _function.Server.On(VfioUserCommand.DmaMap, static _ => new Answer([]));
        _function.Server.On(VfioUserCommand.DmaUnmap, static _ => Answer.Refusal(Errno.EBUSY));
        var mapping = device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0) });
        Assert.Throws<VfioException>(() => device.Dma.UnmapRange(new Iova(0), 4096));
        Assert.Equal(Errno.EBUSY, Assert.Throws<VfioException>(mapping.Dispose).Errno);
        Assert.Equal(Errno.None, Read(0, 1));

        // What a server that is gone holds on to is nobody's concern.
        _function.Server.On(VfioUserCommand.DmaUnmap, static _ => Answer.HangUp);
        mapping.Dispose();
        Assert.False(mapping.IsMapped);
    }

    [Fact]
    public void The_server_says_how_many_mappings_it_takes()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => Answer.Version("{\"capabilities\":{\"max_dma_maps\":2,\"pgsizes\":69632}}"));
        using var device = _function.Open();
        using var buffer = DmaBuffer.Allocate(3 * 4096);
        Assert.Equal(4096ul, device.Dma.PageSizes.Smallest);
        Assert.Equal(2u, device.Dma.AvailableMappings);
        device.Dma.Map(buffer, 0, 4096);
        device.Dma.Map(buffer, 4096, 4096);
        Assert.Equal(0u, device.Dma.AvailableMappings);
        Assert.Equal(Errno.ENOSPC, Assert.Throws<VfioException>(() => device.Dma.Map(buffer, 8192, 4096)).Errno);
        Assert.Equal(8192ul, device.Dma.UnmapAll());
        Assert.Equal(2, _function.RequestsOf(VfioUserCommand.DmaUnmap).Count());
    }

    private Errno Read(ulong address, ulong count) => _function.Server.Ask(VfioUserCommand.DmaRead, ScriptedServer.DmaAccess(address, count)).Error;

    private Errno Write(ulong address, ulong count, byte[] data) =>
        _function.Server.Ask(VfioUserCommand.DmaWrite, ScriptedServer.DmaAccess(address, count, data)).Error;
}
