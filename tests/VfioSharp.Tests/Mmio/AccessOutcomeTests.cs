using VfioSharp.Mmio;

namespace VfioSharp.Tests.Mmio;

public sealed class AccessOutcomeTests
{
    [Fact]
    public void No_error_number_and_condition_code_0_are_done()
    {
        Assert.Equal(AccessOutcome.Done, AccessOutcome.OfErrno(Errno.None));
        Assert.Equal(AccessOutcome.Done, AccessOutcome.OfConditionCode(0, 24));
        Assert.True(default(AccessOutcome).IsDone);
    }

    [Fact]
    public void What_failed_keeps_its_kind()
    {
        Assert.Equal((Errno.ENXIO, 6, AccessFaultKind.Errno), Take(AccessOutcome.OfErrno(Errno.ENXIO)));
        Assert.Equal((Errno.None, 2, AccessFaultKind.ConditionCode), Take(AccessOutcome.OfConditionCode(2)));
        Assert.Equal((Errno.None, 7, AccessFaultKind.Signal), Take(AccessOutcome.OfSignal(7)));
        Assert.Equal(12, AccessOutcome.OfConditionCode(1, 12).Status);

        static (Errno, int, AccessFaultKind) Take(AccessOutcome outcome)
        {
            Assert.False(outcome.IsDone);
            return (outcome.Errno, outcome.Code, outcome.Kind);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void There_is_no_other_condition_code(int code) => Assert.Throws<ArgumentOutOfRangeException>(() => AccessOutcome.OfConditionCode(code));

    [Fact]
    public void There_is_no_signal_0() => Assert.Throws<ArgumentOutOfRangeException>(() => AccessOutcome.OfSignal(0));
}
