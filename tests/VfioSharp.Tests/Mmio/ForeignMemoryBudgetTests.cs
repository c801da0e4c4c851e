using VfioSharp.Mmio;

namespace VfioSharp.Tests.Mmio;

public sealed class ForeignMemoryBudgetTests
{
    [Fact]
    public void There_is_room_for_so_many_mappings_and_again_when_one_is_given_back()
    {
        var budget = new ForeignMemoryBudget(2, 100);

        Assert.True(budget.TryTake(1));
        Assert.True(budget.TryTake(1));
        Assert.False(budget.TryTake(1));
        budget.Return(1);
        Assert.True(budget.TryTake(1));
    }

    [Fact]
    public void There_is_room_for_so_many_bytes_and_a_refusal_takes_none()
    {
        var budget = new ForeignMemoryBudget(10, 100);

        Assert.True(budget.TryTake(60));
        Assert.False(budget.TryTake(41));
        Assert.False(budget.TryTake(ulong.MaxValue));
        Assert.True(budget.TryTake(40));
        Assert.False(budget.TryTake(1));
        budget.Return(60);
        Assert.True(budget.TryTake(60));
    }

    [Fact]
    public void A_process_has_room_for_the_memory_of_a_large_guest()
    {
        const ulong length = 1ul << 40;

        Assert.True(ForeignMemoryBudget.OfProcess.TryTake(length));
        ForeignMemoryBudget.OfProcess.Return(length);
    }
}
