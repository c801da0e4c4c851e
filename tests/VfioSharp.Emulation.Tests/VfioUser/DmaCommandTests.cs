using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class DmaCommandTests : IDisposable
{
    private const ulong Base = 0x4000_0000;
    private const int Page = 4096;

    private readonly EngineFunction _function = new();
    private readonly SharedFile _file = new(16 * Page);
    private readonly TestClient _client;

    public DmaCommandTests() => _client = TestClient.Attach(_function);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
        _file.Dispose();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(8u)]
    public void Memory_that_is_shared_is_read_and_written_at_any_place_and_length(uint way)
    {
        Assert.Equal(Errno.None, _client.Map(Base, 4 * Page, _file.Descriptor, 3 | way, offset: 2 * Page));
        for (var length = 0; length < 40; length++)
        {
            var data = Enumerable.Range(1, length).Select(i => (byte)(i * 7)).ToArray();
            _file.Write(2 * Page + 13, data);
            Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + 13, length));
            if (length != 0)
                Assert.Equal(data, _client.ReadRegion(0, EngineFunction.Data, (uint)length));
            Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + Page + 3, length));
            Assert.Equal(data, _file.Read(3 * Page + 3, length));
        }
    }

    [Fact]
    public void An_access_goes_over_several_pieces_where_they_join_and_fails_where_they_do_not()
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _file.Descriptor, offset: 8 * Page));
        Assert.Equal(Errno.None, _client.Map(Base + Page, Page, _file.Descriptor, offset: 4 * Page));
        _file.Write(9 * Page - 2, 1, 2);
        _file.Write(4 * Page, 3, 4);
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + Page - 2, 4));
        Assert.Equal([1, 2, 3, 4], _client.ReadRegion(0, EngineFunction.Data, 4));
        Assert.False(_client.Run(EngineFunction.Job.ReadMemory, Base + 2 * Page - 2, 4));
        Assert.False(_client.Run(EngineFunction.Job.ReadMemory, Base - 2, 4));
    }

    [Theory]
    [InlineData(0u, false, false)]
    [InlineData(1u, true, false)]
    [InlineData(3u, true, true)]
    public void The_flags_say_what_the_device_may_do(uint flags, bool mayRead, bool mayWrite)
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _file.Descriptor, flags));
        Assert.Equal(mayRead, _client.Run(EngineFunction.Job.ReadMemory, Base, 8));
        Assert.Equal(mayWrite, _client.Run(EngineFunction.Job.WriteMemory, Base, 8));
    }

    [Fact]
    public void A_file_that_the_client_cuts_short_fails_the_access_and_nothing_else()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 4 * Page, _file.Descriptor));
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + 2 * Page, 64));
        _file.Truncate(Page);
        Assert.False(_client.Run(EngineFunction.Job.ReadMemory, Base + 2 * Page, 64));
        Assert.False(_client.Run(EngineFunction.Job.WriteMemory, Base + 2 * Page, 64));
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base, 64));
    }

    [Theory]
    [InlineData(31, 32u)]
    [InlineData(32, 31u)]
    [InlineData(8, 8u)]
    public void A_piece_whose_message_is_too_short_is_refused(int length, uint argumentSize)
    {
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaMap, Wire.Pack(argumentSize, 3u, 0ul, Base, (ulong)Page)[..length], _file.Descriptor));
        Assert.Equal(1, _file.OpenCount);
    }

    [Theory]
    [InlineData(Base, 0ul, 3u, 0ul, Errno.EINVAL)]
    [InlineData(Base, 0x1000ul, 0x10u, 0ul, Errno.EINVAL)]
    [InlineData(Base, 0x1000ul, 0xfu, 0ul, Errno.EINVAL)]
    [InlineData(Base, (8ul << 40) + 0x1000, 3u, 0ul, Errno.ENOSPC)]
    [InlineData(ulong.MaxValue - 0xfff, 0x2000ul, 3u, 0ul, Errno.EINVAL)]
    [InlineData(Base, 0x1000ul, 3u, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(Base, 0x1000ul, 3u, (ulong)long.MaxValue, Errno.EINVAL)]
    [InlineData(Base, 0x1000ul, 0xbu, ulong.MaxValue - 0xfff, Errno.EINVAL)]
    public void A_piece_that_cannot_be_is_refused_and_its_descriptor_closed(ulong address, ulong size, uint flags, ulong offset, Errno errno)
    {
        Assert.Equal(errno, _client.Map(address, size, _file.Descriptor, flags, offset));
        Assert.Equal(1, _file.OpenCount);
        Assert.False(_file.IsMapped);
    }

    [Theory]
    [InlineData(7u)]
    [InlineData(11u)]
    public void A_way_in_that_needs_a_descriptor_is_refused_without_one(uint flags) =>
        Assert.Equal(Errno.EINVAL, _client.Map(Base, Page, null, flags));

    [Fact]
    public void A_piece_may_end_with_the_address_space()
    {
        Assert.Equal(Errno.None, _client.Map(ulong.MaxValue - 0xfff, Page, _file.Descriptor));
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, ulong.MaxValue - 7, 8));
        Assert.False(_client.Run(EngineFunction.Job.ReadMemory, ulong.MaxValue - 7, 9));
        Assert.Equal(Errno.None, _client.Unmap(ulong.MaxValue - 0xfff, Page));
    }

    [Fact]
    public void What_cannot_be_mapped_is_refused_with_the_kernels_reason()
    {
        using var eventFd = EventFd.Create();
        Assert.Equal(Errno.ENODEV, _client.Map(Base, Page, eventFd.Descriptor));
        using var folder = Libc.open("/tmp", Libc.O_RDONLY | Libc.O_CLOEXEC);
        Assert.Equal(Errno.ENODEV, _client.Map(Base, Page, folder, 1));
        var (socket, other) = UnixSocket.CreatePair();
        using (socket)
        using (other)
        {
            Assert.Equal(Errno.ENODEV, _client.Map(Base, Page, socket.Descriptor));
            Assert.Equal(Errno.EINVAL, _client.Map(Base, Page, socket.Descriptor, 0xb));
        }

        using var readOnly = Libc.open($"/proc/self/fd/{_file.Descriptor.Number}", Libc.O_RDONLY | Libc.O_CLOEXEC);
        Assert.Equal(Errno.EACCES, _client.Map(Base, Page, readOnly));
        Assert.Equal(Errno.None, _client.Map(Base, Page, readOnly, 1));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(-1, 2)]
    [InlineData(-1, 5)]
    [InlineData(-0x40000, 0x50000)]
    public void A_piece_over_another_is_EEXIST(int start, int length)
    {
        Assert.Equal(Errno.None, _client.Map(Base, 2 * Page, _file.Descriptor, offset: Page));
        using var other = new SharedFile(16 * Page);
        Assert.Equal(Errno.EEXIST, _client.Map((ulong)((long)Base + (long)start * Page), (ulong)length * Page, other.Descriptor, offset: Page));
        Assert.Equal(1, other.OpenCount);
        Assert.False(other.IsMapped);
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base, 8));
    }

    [Fact]
    public void No_more_pieces_are_taken_than_the_limit_says()
    {
        using var function = new EngineFunction();
        using var client = TestClient.Attach(function, new() { MaxDmaMaps = 3 });
        for (var i = 0u; i < 3; i++)
            Assert.Equal(Errno.None, client.Map(i * Page, Page, null));
        Assert.Equal(Errno.EINVAL, client.Map(3 * Page, Page, null));
        Assert.Equal(Errno.None, client.Unmap(0, Page));
        Assert.Equal(Errno.None, client.Map(3 * Page, Page, null));
    }

    [Fact]
    public void Memory_that_is_given_back_is_out_of_reach_and_closed_before_the_answer()
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _file.Descriptor));
        Assert.True(_file.IsMapped);
        using (var answer = _client.Call(VfioUserCommand.DmaUnmap, Wire.Pack(24u, 0u, Base, (ulong)Page)))
            Assert.Equal(Wire.Pack(24u, 0u, Base, (ulong)Page), answer.Payload);
        Assert.False(_file.IsMapped);
        Assert.Equal(1, _file.OpenCount);
        Assert.False(_client.Run(EngineFunction.Job.ReadMemory, Base, 8));
    }

    [Fact]
    public void One_unmapping_takes_back_every_piece_that_lies_inside_and_one_that_cuts_a_piece_takes_none()
    {
        for (var i = 0u; i < 256; i++)
            Assert.Equal(Errno.None, _client.Map(Base + i * Page, Page, _file.Descriptor, offset: i % 16 * Page));
        Assert.Equal(Errno.None, _client.Map(Base + 512 * Page, 2 * Page, _file.Descriptor));
        Assert.Equal(Errno.ENOENT, _client.Unmap(Base, 513 * Page));
        Assert.Equal(Errno.ENOENT, _client.Unmap(Base + 10, Page));
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + 255 * Page, 8));
        Assert.Equal(Errno.None, _client.Unmap(0, Base + 256 * Page));
        Assert.False(_client.Run(EngineFunction.Job.ReadMemory, Base + 255 * Page, 8));
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + 512 * Page, 8));
    }

    [Fact]
    public void A_range_that_holds_nothing_is_ENOENT_unless_there_is_nothing_at_all()
    {
        // What QEMU sends for an s390x guest that switches its IOMMU on.
        Assert.Equal(Errno.None, _client.Unmap(0, 0x1_2000_0000));
        Assert.Equal(Errno.None, _client.Map(Base, Page, null));
        Assert.Equal(Errno.ENOENT, _client.Unmap(Base + Page, Page));
        Assert.Equal(Errno.ENOENT, _client.Unmap(Base, 0));
        Assert.Equal(Errno.ENOENT, _client.Unmap(ulong.MaxValue, Page));
        Assert.Equal(Errno.None, _client.Unmap(0, 0x1_2000_0000));
    }

    [Fact]
    public void Everything_can_be_taken_back_at_once()
    {
        for (var i = 0u; i < 16; i++)
            Assert.Equal(Errno.None, _client.Map(Base + 2 * i * Page, Page, _file.Descriptor, offset: i * Page));
        Assert.Equal(Errno.EINVAL, _client.Unmap(Base, Page, 2));
        Assert.Equal(Errno.EINVAL, _client.Unmap(0, 0, 3));
        Assert.Equal(Errno.EINVAL, _client.Unmap(Base, Page, 4));
        Assert.True(_file.IsMapped);
        Assert.Equal(Errno.None, _client.Unmap(0, 0, 2));
        Assert.False(_file.IsMapped);
    }

    [Theory]
    [InlineData(8, 24u)]
    [InlineData(24, 8u)]
    [InlineData(24, (1u << 20) + 8)]
    public void An_unmapping_whose_lengths_are_wrong_is_refused(int length, uint argumentSize) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(argumentSize, 0u, Base, (ulong)Page)[..length]));

    [Fact]
    public void A_descriptor_with_an_unmapping_as_SPDK_sends_it_is_closed()
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _file.Descriptor));
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(24u, 0u, Base, (ulong)Page), _file.Descriptor));
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DeviceReset, []));
        Assert.Equal(1, _file.OpenCount);
    }

    [Fact]
    public void Memory_of_a_client_that_is_gone_is_out_of_reach_of_the_function_and_of_the_next()
    {
        var folder = Directory.CreateTempSubdirectory("vfiosharp-");
        try
        {
            var path = Path.Combine(folder.FullName, "socket");
            using var function = new EngineFunction();
            using var server = Emulation.VfioUser.VfioUserServer.Listen(function, path);
            using (var first = TestClient.Connect(path))
            {
                Assert.Equal(Errno.None, first.Map(Base, Page, _file.Descriptor));
                Assert.True(first.Run(EngineFunction.Job.WriteMemory, Base, 8));
            }

            using var second = TestClient.Connect(path);
            Assert.False(_file.IsMapped);
            Assert.False(second.Run(EngineFunction.Job.ReadMemory, Base, 8));
        }
        finally
        {
            folder.Delete(true);
        }
    }
}
