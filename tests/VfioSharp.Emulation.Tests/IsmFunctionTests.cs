using System.Buffers.Binary;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Emulation.Tests;

/// <summary>Commands are given the way in which Linux's driver gives them (drivers/s390/net/ism_drv.c, ism_cmd).</summary>
public sealed class IsmFunctionTests : IDisposable
{
    private const ulong Buffer = RecordingHost.Start + 0x2000;
    private const ulong SummaryArea = RecordingHost.Start + 0x1000;

    private readonly IsmFunction _ism = new(0xabcd);
    private readonly RecordingHost _host = new();

    public void Dispose() => _ism.Dispose();

    [Fact]
    public void The_device_tells_its_identifier()
    {
        var answer = Command(3);
        Assert.Equal((ushort)0, ReturnCode(answer));
        Assert.Equal(0xabcdul, BinaryPrimitives.ReadUInt64BigEndian(answer.AsSpan(8)));
        Assert.Equal((ushort)0, ReturnCode(Command(9, 0xabcd, 0)));
        Assert.NotEqual((ushort)0, ReturnCode(Command(9, 0xabce, 0)));
    }

    [Fact]
    public void A_move_arrives_in_the_registered_buffer_without_an_interrupt()
    {
        var token = RegisterBuffer(0x1000, 40);
        _ism.StoreBlock(0, token | 0x100, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        _ism.RunWork(_host);
        Assert.Equal("0102030405060708090a0b0c0d0e0f10", Convert.ToHexStringLower(_host.Memory.AsSpan(0x2100, 16)));
        Assert.Empty(_host.Interrupts);
    }

    [Fact]
    public void A_move_with_the_signal_flag_sets_the_bits_of_the_summary_area_and_interrupts()
    {
        Command(1, SummaryArea);
        var token = RegisterBuffer(0x1000, 40);
        _ism.StoreBlock(0, token | 1ul << 23 | 2ul << 24, new byte[16]);
        _ism.RunWork(_host);
        Assert.Equal([0], _host.Interrupts);
        Assert.Equal(0x80, _host.Memory[0x1000]);
        Assert.Equal(0x80, _host.Memory[0x1000 + 4 + 40 / 8]);
        Assert.Equal(0x20, _host.Memory[0x1000 + 256 + 80]);
    }

    [Fact]
    public void A_reset_in_the_midst_of_a_move_reaches_no_memory_after_it()
    {
        foreach (var accesses in Enumerable.Range(1, 7))
        {
            _ism.Reset();
            Command(1, SummaryArea);
            var token = RegisterBuffer(0x1000, 40);
            _ism.StoreBlock(0, token | 1ul << 23, new byte[16]);
            var host = new RecordingHost();
            var reached = new List<ulong>();
            host.Meanwhile = iova =>
            {
                reached.Add(iova);
                if (reached.Count == accesses)
                    _ism.Reset();
            };
            _ism.RunWork(host);
            Assert.Equal(accesses, reached.Count);
            Assert.All(reached, iova => Assert.InRange(iova, RecordingHost.Start, ulong.MaxValue));
            Assert.Empty(host.Interrupts);
        }
    }

    [Fact]
    public void Moves_that_nobody_has_time_for_are_kept_up_to_a_limit()
    {
        var token = RegisterBuffer(0x1000, 40);
        for (var i = 0; i < 4096 + 7; i++)
            _ism.StoreBlock(0, token, new byte[8]);
        var count = 0;
        _host.Meanwhile = _ => count++;
        _ism.RunWork(_host);
        Assert.Equal(4096, count);
    }

    [Fact]
    public void What_goes_beyond_a_buffer_or_to_one_that_was_given_back_is_lost()
    {
        var token = RegisterBuffer(0x100, 40);
        _ism.StoreBlock(0, token | 0xf8, new byte[16]);
        Assert.Equal((ushort)0, ReturnCode(Command(0xb, token)));
        _ism.StoreBlock(0, token, new byte[16]);
        Assert.False(_ism.HasWork);
        Assert.NotEqual((ushort)0, ReturnCode(Command(0xb, token)));
    }

    [Fact]
    public void The_device_describes_itself()
    {
        Command(1, SummaryArea);
        RegisterBuffer(0x1000, 40);
        var answer = Command(8);
        Assert.Equal(0xabcdul, BinaryPrimitives.ReadUInt64BigEndian(answer.AsSpan(24)));
        Assert.Equal(SummaryArea, BinaryPrimitives.ReadUInt64BigEndian(answer.AsSpan(32)));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(60)));
    }

    [Fact]
    public void Register_writes_are_lost_and_unknown_commands_refused()
    {
        _ism.WriteBar(2, 0, [0, 0, 0, 3, 0, 0, 0, 8]);
        var answer = new byte[8];
        _ism.ReadBar(2, 0, answer);
        Assert.Equal(new byte[8], answer);
        Assert.NotEqual((ushort)0, ReturnCode(Command(0x77)));
        Assert.NotEqual((ushort)0, ReturnCode(Command(0xa, Buffer, 0)));
        _ism.ReadBar(0, 1ul << 47, answer);
        Assert.Equal(new byte[8], answer);
    }

    private ulong RegisterBuffer(uint length, uint index)
    {
        var answer = Command(0xa, Buffer, (ulong)length << 32 | index, 0, 0);
        Assert.Equal((ushort)0, ReturnCode(answer));
        return BinaryPrimitives.ReadUInt64BigEndian(answer.AsSpan(8));
    }

    private byte[] Command(uint code, params ulong[] parameters)
    {
        if (parameters.Length != 0)
        {
            var body = new byte[parameters.Length * 8];
            for (var i = 0; i < parameters.Length; i++)
                BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(i * 8), parameters[i]);
            _ism.StoreBlock(2, 8, body);
        }

        var header = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(header, code);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)(8 + parameters.Length * 8));
        _ism.StoreBlock(2, 0, header);

        var answer = new byte[0x100];
        for (var i = 0; i < answer.Length; i += 8)
            _ism.ReadBar(2, (ulong)i, answer.AsSpan(i, 8));
        return answer;
    }

    private static ushort ReturnCode(byte[] answer) => BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(4));
}
