using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace VfioSharp.Tests.Regions;

public sealed class RegionWindowBlockTests : IDisposable
{
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Property(MaxTest = 200)]
    public Property A_block_arrives_in_memory_order_and_touches_nothing_else() => Prop.ForAll(
        Arb.From(Gen.Elements(1, 2, 4, 8)), Arb.From(Gen.Choose(0, 16)), Arb.From(Gen.Choose(0, 32)), (width, first, count) =>
        {
            var offset = first * width;
            var block = Enumerable.Range(1, count * width).Select(value => (byte)value).ToArray();
            _memory.Write(0, [.. Enumerable.Repeat((byte)0xee, 1024)]);
            using var window = _memory.Open();

            window.WriteBlock((ulong)offset, block, width);
            var back = new byte[block.Length];
            window.ReadBlock((ulong)offset, back, width);

            Assert.Equal(block, back);
            var seen = _memory.Read(0, 1024);
            Assert.Equal(block, seen[offset..(offset + block.Length)]);
            Assert.All(seen[..offset], value => Assert.Equal(0xee, value));
            Assert.All(seen[(offset + block.Length)..], value => Assert.Equal(0xee, value));
        });

    [Fact]
    public void A_block_may_begin_at_any_address_of_the_programs_memory()
    {
        using var window = _memory.Open();
        var bytes = new byte[17];
        bytes.AsSpan(1).Fill(0x5a);

        window.WriteBlock(8, bytes.AsSpan(1), 8);
        window.ReadBlock(8, bytes.AsSpan(1), 4);

        Assert.Equal(0x5a5a5a5a5a5a5a5aul, window.Read64(16));
        Assert.Equal([0, .. Enumerable.Repeat((byte)0x5a, 16)], bytes);
    }
}
