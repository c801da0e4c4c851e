using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class FileTransferTests : IDisposable
{
    private const ulong Base = 0x4000_0000;
    private const int Page = 4096;
    private const int FileInBytes = 1 << 20;

    private readonly EngineFunction _function = new();
    private readonly SharedFile _memory = new(256 * Page);
    private readonly SharedFile _file = new(FileInBytes);
    private readonly TestClient _client;

    public FileTransferTests() => _client = TestClient.Attach(_function);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
        _memory.Dispose();
        _file.Dispose();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(8u)]
    public void Bytes_go_both_ways_through_pieces_of_any_place_and_length(uint way)
    {
        Assert.Equal(Errno.None, _client.Map(Base, 128 * Page, _memory.Descriptor, 3 | way));
        Assert.Equal(Errno.None, _client.Map(Base + 128 * Page, 128 * Page, _memory.Descriptor, 3 | way, offset: 128 * Page));
        var random = new Random(5);
        foreach (var count in new[] { 0, 1, 2, 127, 128, 129, 1500 })
        {
            var segments = new MemorySegment[count];
            var places = Enumerable.Range(0, 2048).OrderBy(_ => random.Next()).ToArray();
            for (var i = 0; i < count; i++)
                segments[i] = new(Base + (ulong)(places[i] * 512 + random.Next(100)), random.Next(400));
            var length = segments.Sum(segment => segment.LengthInBytes);
            var data = new byte[length];
            random.NextBytes(data);
            if (length != 0)
                _file.Write(777, data);
            Assert.Equal(Errno.None, Do(host => host.WriteMemoryFromFile(_file.Descriptor, 777, segments)));
            Assert.Equal(data, segments.SelectMany(s => s.LengthInBytes == 0 ? [] : _memory.Read((long)(s.Iova - Base), s.LengthInBytes)));
            Assert.Equal(Errno.None, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 12_345, segments)));
            Assert.Equal(data, length == 0 ? [] : _file.Read(12_345, length));
        }

        // Over the place where two pieces of memory join.
        var across = new MemorySegment(Base + 128 * Page - 100, 300);
        _file.Write(0, [.. Enumerable.Range(0, 300).Select(i => (byte)i)]);
        Assert.Equal(Errno.None, Do(host => host.WriteMemoryFromFile(_file.Descriptor, 0, [across])));
        Assert.Equal(_file.Read(0, 300), _memory.Read(128 * Page - 100, 300));
    }

    [Fact]
    public void Memory_that_came_without_a_descriptor_is_reached_by_messages_between_that_which_is_mapped()
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _memory.Descriptor));
        Assert.Equal(Errno.None, _client.Map(Base + Page, Page, null));
        _file.Write(0, 1, 2, 3, 4, 5, 6);
        MemorySegment[] segments = [new(Base + 8, 2), new(Base + Page + 16, 2), new(Base + 32, 2)];
        var done = Errno.EIO;
        _function.Work = host => done = host.WriteMemoryFromFile(_file.Descriptor, 0, segments);
        _client.WriteRegion(0, EngineFunction.Command, 1);
        using (var write = _client.Receive())
        {
            Assert.Equal(VfioUserCommand.DmaWrite, write!.Header.Command);
            Assert.Equal(Wire.Pack(Base + Page + 16, 2ul, new byte[] { 3, 4 }), write.Payload);
            _client.Reply(write, Wire.Pack(Base + Page + 16, 2ul));
        }

        _client.ReadRegion(0, EngineFunction.Data, 4);
        Assert.Equal(Errno.None, done);
        Assert.Equal([1, 2], _memory.Read(8, 2));
        Assert.Equal([5, 6], _memory.Read(32, 2));
    }

    [Fact]
    public void Memory_that_is_not_there_or_not_for_that_is_a_bad_address()
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _memory.Descriptor, flags: 1));
        Assert.Equal(Errno.None, _client.Map(Base + 4 * Page, 4 * Page, _memory.Descriptor, flags: 2));
        Assert.Equal(Errno.EFAULT, Do(host => host.WriteMemoryFromFile(_file.Descriptor, 0, [new(Base, 8)])));
        Assert.Equal(Errno.None, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(Base, 8)])));
        Assert.Equal(Errno.None, Do(host => host.WriteMemoryFromFile(_file.Descriptor, 0, [new(Base + 4 * Page, 8)])));
        Assert.Equal(Errno.EFAULT, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(Base + 4 * Page, 8)])));
        Assert.Equal(Errno.EFAULT, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(Base, 8), new(Base - 8, 8)])));
        Assert.Equal(Errno.EFAULT, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(ulong.MaxValue - 3, 8)])));
    }

    [Fact]
    public void Memory_that_the_client_cuts_short_is_a_bad_address_and_nothing_else_happens()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 16 * Page, _memory.Descriptor));
        _memory.Truncate(2 * Page);
        MemorySegment[] segments = [new(Base, Page), new(Base + 8 * Page, Page)];
        Assert.Equal(Errno.EFAULT, Do(host => host.WriteMemoryFromFile(_file.Descriptor, 0, segments)));
        Assert.Equal(Errno.EFAULT, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, segments)));
        Assert.Equal(Errno.EFAULT, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(Base + 8 * Page, 8)])));
        Assert.Equal(Errno.None, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(Base, 8)])));
    }

    [Fact]
    public void The_end_of_the_file_is_told()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 16 * Page, _memory.Descriptor));
        Assert.Equal(Errno.ENODATA, Do(host => host.WriteMemoryFromFile(_file.Descriptor, FileInBytes - 100, [new(Base, 101)])));
        Assert.Equal(Errno.ENODATA, Do(host => host.WriteMemoryFromFile(_file.Descriptor, FileInBytes - 100, [new(Base, 50), new(Base + Page, 51)])));
        Assert.Equal(Errno.None, Do(host => host.WriteMemoryFromFile(_file.Descriptor, FileInBytes - 100, [new(Base, 50), new(Base + Page, 50)])));
    }

    [Fact]
    public void Pages_that_a_file_was_read_into_are_in_the_log()
    {
        const uint loggingStart = 1u << 17 | 6;
        const uint loggingReport = 1u << 16 | 8;
        Assert.Equal(Errno.None, _client.Map(Base, 16 * Page, _memory.Descriptor));
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(24u, loggingStart, (ulong)Page, 0u, 0u)));
        MemorySegment[] segments = [new(Base + 100, Page), new(Base + 5 * Page, 1)];
        Assert.Equal(Errno.None, Do(host => host.ReadMemoryIntoFile(_file.Descriptor, 0, [new(Base + 9 * Page, 8)])));
        Assert.Equal(Errno.None, Do(host => host.WriteMemoryFromFile(_file.Descriptor, 0, segments)));
        using var answer = _client.Call(VfioUserCommand.DeviceFeature, Wire.Pack(40u, loggingReport, Base, 16ul * Page, (ulong)Page));
        Assert.Equal(0b100011ul, answer.Payload.U64(answer.Payload.Length - 8));
    }

    [Fact]
    public void A_file_that_cannot_be_used_so_says_why()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 16 * Page, _memory.Descriptor));
        using var readOnly = Libc.open("/proc/self/exe", Libc.O_RDONLY | Libc.O_CLOEXEC);
        Assert.Equal(Errno.EBADF, Do(host => host.ReadMemoryIntoFile(readOnly, 0, [new(Base, 8)])));
        Assert.Equal(Errno.EINVAL, Do(host => host.WriteMemoryFromFile(_file.Descriptor, -1, [new(Base, 8)])));
    }

    private Errno Do(Func<FunctionHost, Errno> work)
    {
        var errno = Errno.EIO;
        _function.Work = host => errno = work(host);
        _client.WriteRegion(0, EngineFunction.Command, 1);
        // Answered behind the work, by the same thread.
        _client.ReadRegion(0, EngineFunction.Data, 4);
        return errno;
    }
}
