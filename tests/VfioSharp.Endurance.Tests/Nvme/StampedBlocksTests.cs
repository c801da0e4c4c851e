using VfioSharp.TwoProcesses;
using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.Endurance.Tests.Nvme;

/// <summary>Whether the judge of verified writes sees what it should.</summary>
public sealed class StampedBlocksTests
{
    private const int BlockSize = 512;
    private static readonly BlockRange Two = new(3, 2);

    private readonly StampedBlocks _blocks = new(100, 16, BlockSize);
    private readonly byte[] _memory = new byte[2 * BlockSize];

    [Fact]
    public void Zeros_are_right_until_a_write_is_acknowledged()
    {
        _blocks.Check(Two, _memory);
        var sequence = _blocks.Stamp(Two, _memory);
        _blocks.Acknowledge(Two, sequence);

        _blocks.Check(Two, _memory);
        Assert.Throws<MeasurementException>(() => _blocks.Check(Two, new byte[2 * BlockSize]));
    }

    [Fact]
    public void A_block_is_of_the_write_before_or_of_one_whose_answer_never_came_and_then_stays_so()
    {
        var before = new byte[2 * BlockSize];
        _blocks.Acknowledge(Two, _blocks.Stamp(Two, before));
        _blocks.Stamp(Two, _memory);

        // The first block of the write came to be, the second did not.
        before.AsSpan(BlockSize).CopyTo(_memory.AsSpan(BlockSize));
        _blocks.Check(Two, _memory);

        _blocks.Check(Two, _memory);
        Assert.Throws<MeasurementException>(() => _blocks.Check(Two, before));
    }

    [Fact]
    public void A_torn_block_is_seen()
    {
        _blocks.Acknowledge(Two, _blocks.Stamp(Two, _memory));
        _memory[BlockSize - 1] ^= 1;

        Assert.Throws<MeasurementException>(() => _blocks.Check(Two, _memory));
    }

    [Fact]
    public void A_block_at_anothers_place_is_seen()
    {
        _blocks.Acknowledge(Two, _blocks.Stamp(Two, _memory));
        _memory.AsSpan(0, BlockSize).CopyTo(_memory.AsSpan(BlockSize));

        Assert.Throws<MeasurementException>(() => _blocks.Check(Two, _memory));
    }

    [Fact]
    public void A_block_that_a_command_is_at_is_not_given_to_another()
    {
        Assert.True(_blocks.TryTake(Two));
        Assert.False(_blocks.TryTake(new BlockRange(4, 4)));
        Assert.True(_blocks.TryTake(new BlockRange(5, 1)));
        _blocks.Return(Two);
        Assert.True(_blocks.TryTake(new BlockRange(3, 1)));
    }
}
