using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.Tests.VfioUser;

public sealed class VfioUserDeviceTests : IDisposable
{
    private readonly ScriptedFunction _function = new();

    public void Dispose() => _function.Dispose();

    [Fact]
    public void A_function_describes_itself()
    {
        using var device = _function.Open();

        Assert.Equal("vfio-user", device.Backend);
        Assert.True(device.Description.IsPci);
        Assert.True(device.Description.SupportsReset);
        Assert.Equal(9, device.Regions.Count);
        Assert.Equal(0x1234, device.Config.VendorId);
        Assert.Equal(VectorCount, device.Interrupts.Msix.Description.Count);
        Assert.False(device.Regions[1].Exists);
    }

    [Fact]
    public void Registers_without_shared_memory_are_reached_by_messages()
    {
        using var device = _function.Open();
        using var window = device.Regions[0].Open();

        Assert.Equal(AccessPath.Message, window.Plan.Path);
        Assert.Contains("shares no memory of BAR0", window.Plan.RuledOut[0].Reason, StringComparison.Ordinal);
        window.Write32(0x10, 0x11223344);
        window.Write64(0x18, 0x0102030405060708);
        window.Write8(0x20, 0xab);
        Assert.Equal([0x44, 0x33, 0x22, 0x11], _function[0][0x10..0x14]);
        Assert.Equal(0x11223344u, window.Read32(0x10));
        Assert.Equal(0x1122, window.Read16(0x12));
        Assert.Equal(0x0102030405060708ul, window.Read64(0x18));
        Assert.Equal(0xab, window.Read8(0x20));
    }

    [Fact]
    public void Shared_memory_is_reached_by_loads_and_stores()
    {
        using var device = _function.Open();
        using var window = device.Regions[2].Open();
        using var other = device.Regions[2].Open();

        Assert.Equal(AccessPath.LoadStore, window.Plan.Path);
        window.Write32(4096, 0xdeadbeef);
        Assert.Equal(0xdeadbeef, other.Read32(4096));
        Assert.DoesNotContain(_function.Server.Requests, request => request.Header.Command is VfioUserCommand.RegionWrite);
    }

    [Fact]
    public void Shared_memory_can_be_reached_by_messages_where_that_is_asked_for()
    {
        using var device = _function.Open();
        using var window = device.Regions[2].Open(new WindowOptions { Path = AccessPath.Message });
        window.Write32(0, 7);

        Assert.Equal(7, _function[2][0]);
        var refusal = Assert.Throws<VfioException>(() => device.Regions[2].Plan(new WindowOptions { Path = AccessPath.RegionFile }));
        Assert.Contains("has no file", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_that_is_not_wholly_in_a_shared_area_goes_by_messages()
    {
        _function.Server.On(VfioUserCommand.DeviceGetRegionInfo, request => request.As<VfioRegionInfo>() is { Index: 2 } question
            ? new Answer([
                .. ScriptedServer.Bytes(new VfioRegionInfo { ArgumentSize = 64, Flags = 0xf, Index = 2, Size = ScriptedFunction.BarLength, CapabilityOffset = 32 }),
                .. question.ArgumentSize < 64 ? (byte[])[] : [1, 0, 1, 0, 0, 0, 0, 0, .. ScriptedServer.Bytes(1ul), .. ScriptedServer.Bytes(4096ul), .. ScriptedServer.Bytes(4096ul)],
            ])
            { Fds = [_function.SharedFile.Number] }
            : _function.DescribeRegion(request.As<VfioRegionInfo>().Index));
        using var device = _function.Open();
        using var whole = device.Regions[2].Open();
        using var inside = device.Regions[2].Open(new WindowOptions { Offset = 4096, LengthInBytes = 4096 });

        Assert.Equal(AccessPath.Message, whole.Plan.Path);
        Assert.Equal(AccessPath.LoadStore, inside.Plan.Path);
        Assert.Equal([new RegionArea(4096, 4096)], device.Regions[2].Description.SparseAreas);
    }

    [Fact]
    public void A_refused_access_is_all_ones_or_an_exception_and_the_connection_stands()
    {
        using var device = _function.Open();
        using var quiet = device.Regions[0].Open();
        using var loud = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        _function.Server.On(VfioUserCommand.RegionRead, static _ => Answer.Refusal(Errno.EPERM));

        Assert.Equal(uint.MaxValue, quiet.Read32(0));
        Assert.Equal(1, quiet.FaultCount);
        Assert.Equal(Errno.EPERM, Assert.Throws<DeviceAccessException>(() => loud.Read32(0)).Errno);
        quiet.Write32(0, 1);
        Assert.Equal(1, _function[0][0]);
    }

    [Fact]
    public void A_transfer_over_what_the_server_takes_is_made_in_pieces()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => Answer.Version("{\"capabilities\":{\"max_data_xfer_size\":100}}"));
        using var device = _function.Open();
        var bytes = new byte[256];
        device.Config.Read(0, bytes);

        Assert.Equal(_function[7], bytes);
        Assert.Equal(
            [100u, 100u, 56u],
            _function.RequestsOf(VfioUserCommand.RegionRead).Select(request => request.As<RegionAccessMessage>().Count).TakeLast(3));
    }

    [Fact]
    public void A_posted_write_asks_for_no_reply_and_arrives_before_the_next_read()
    {
        using var device = _function.Open(new VfioOptions { PostWrites = true });
        using var window = device.Regions[0].Open();
        window.Write32(0, 5);

        Assert.Equal(5u, window.Read32(0));
        Assert.True(_function.RequestsOf(VfioUserCommand.RegionWrite).Single().Header.IsPosted);
    }

    [Fact]
    public void Memory_is_given_to_the_server_as_its_file_or_without_one()
    {
        using var device = _function.Open();
        using var buffer = DmaBuffer.Allocate(16384);
        using var anonymous = DmaBuffer.Allocate(4096, backing: DmaBacking.Anonymous);
        var first = device.Dma.Map(buffer, 4096, 8192, new DmaMapOptions { Fixed = new Iova(0x10000) });
        using var second = device.Dma.Map(anonymous, VfioSharp.Backends.DmaAccess.Read);
        first.Dispose();

        var maps = _function.RequestsOf(VfioUserCommand.DmaMap).ToArray();
        Assert.Equal(
            (0x10000ul, 8192ul, 4096ul, 3u, 1),
            (maps[0].As<DmaMapMessage>().Address, maps[0].As<DmaMapMessage>().Size, maps[0].As<DmaMapMessage>().Offset, maps[0].As<DmaMapMessage>().Flags, maps[0].Fds.Length));
        Assert.Equal((1u, 0), (maps[1].As<DmaMapMessage>().Flags, maps[1].Fds.Length));
        var unmap = Assert.Single(_function.RequestsOf(VfioUserCommand.DmaUnmap)).As<DmaUnmapMessage>();
        Assert.Equal((0x10000ul, 8192ul), (unmap.Address, unmap.Size));
    }

    [Fact]
    public void Interrupts_are_connected_in_messages_of_as_many_descriptors_as_the_server_takes()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => Answer.Version("{\"capabilities\":{\"max_msg_fds\":3}}"));
        using var device = _function.Open();
        using var vectors = device.Interrupts.Msix.Enable(VectorCount);
        _function.Fire(2, 3);

        Assert.True(vectors[3].Wait(TimeSpan.FromSeconds(5)));
        Assert.False(vectors[0].TryTake(out _));
        Assert.Equal(
            [(0u, 3u), (3u, 1u)],
            _function.RequestsOf(VfioUserCommand.DeviceSetIrqs).Select(request => request.As<VfioIrqSet>()).Select(set => (set.Start, set.Count)));
    }

    [Fact]
    public void The_bits_that_let_interrupts_out_are_set_where_the_server_does_not_set_them()
    {
        using var device = _function.Open();
        using (var vectors = device.Interrupts.Msix.Enable(2))
        {
            Assert.Equal(0x80, _function[7][ScriptedFunction.MsixOffset + 3]);
            Assert.Equal([0, 0, 1, 1], Enumerable.Range(0, VectorCount).Select(vector => (int)_function[0][ScriptedFunction.TableOffset + vector * 16 + 12]));
            vectors.Remove(1);
            Assert.Equal(1, _function[0][ScriptedFunction.TableOffset + 16 + 12]);
            Assert.DoesNotContain((2u, 1u), _function.EventFds.Keys);
        }

        Assert.Equal(0, _function[7][ScriptedFunction.MsixOffset + 3] & 0x80);
        Assert.Empty(_function.EventFds);
    }

    [Fact]
    public void A_refused_vector_leaves_none_connected()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => Answer.Version(string.Empty));
        using var device = _function.Open();
        var connect = 0;
        _function.Server.On(VfioUserCommand.DeviceSetIrqs, request => request.Fds.Length > 0 && ++connect == 3 ? Answer.Refusal(Errno.ENOSPC) : new Answer([]));

        Assert.Equal(Errno.ENOSPC, Assert.Throws<VfioException>(() => device.Interrupts.Msix.Enable(4)).Errno);
        var last = _function.RequestsOf(VfioUserCommand.DeviceSetIrqs).Last();
        Assert.Equal((0u, 2u, 0), (last.As<VfioIrqSet>().Start, last.As<VfioIrqSet>().Count, last.Fds.Length));
    }

    [Fact]
    public void Reset_and_features_are_the_servers()
    {
        using var device = _function.Open();
        device.Reset();
        Assert.Single(_function.RequestsOf(VfioUserCommand.DeviceReset));
        Assert.Null(device.DescribeHotReset());
        Assert.False(device.HasFeature(VfioSharp.Backends.DeviceFeature.DmaLoggingStart, VfioSharp.Backends.DeviceFeatureOperations.Set));
        _function.Server.On(VfioUserCommand.DeviceFeature, static request => new Answer(request.Payload));
        Assert.True(device.HasFeature(VfioSharp.Backends.DeviceFeature.DmaLoggingStart, VfioSharp.Backends.DeviceFeatureOperations.Set));
    }

    [Fact]
    public void An_address_opens_the_socket_at_its_path_or_cntrl_in_its_folder()
    {
        var folder = Directory.CreateTempSubdirectory("vfio-user-");
        try
        {
            var path = Path.Combine(folder.FullName, "cntrl");
            using var listener = UnixListener.Listen(path, 4);
            foreach (var name in new[] { path, folder.FullName })
            {
                var opening = Assert.Throws<VfioUserException>(() => VfioDevice.Open(
                    $"vfio-user:{name}", new VfioOptions { RequestTimeout = TimeSpan.FromMilliseconds(50) }));
                Assert.Equal(VfioUserFailure.TimedOut, opening.Failure);
            }

            Assert.Equal(Errno.ENOENT, Assert.Throws<VfioException>(() => VfioDevice.Open($"vfio-user:{folder.FullName}/nobody")).Errno);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void An_address_space_is_not_shared_with_another_connection()
    {
        using var device = _function.Open();
        var refusal = Assert.Throws<VfioException>(() => VfioDevice.Open("vfio-user:/nowhere", new VfioOptions { ShareDmaWith = device.Dma }));
        Assert.Contains("one of its own", refusal.Message, StringComparison.Ordinal);
    }

    private const int VectorCount = ScriptedFunction.VectorCount;
}
