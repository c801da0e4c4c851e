using VfioSharp.Mmio;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Regions;

/// <summary>What a failed access means, by way and machine.</summary>
public sealed class AccessFaultTests
{
    private static readonly IbmZHost Machine = new(0);

    [Theory]
    [InlineData(Errno.EINVAL, false, "decoding is off")]
    [InlineData(Errno.EINVAL, true, "length")]
    [InlineData(Errno.ENXIO, false, "width")]
    [InlineData(Errno.ENXIO, true, "decoding is off")]
    [InlineData(Errno.ENXIO, true, "width")]
    [InlineData(Errno.EACCES, false, "does not allow")]
    [InlineData(Errno.EFAULT, false, "no BAR")]
    [InlineData(Errno.EIO, false, "error state")]
    [InlineData(Errno.ENODEV, false, "pci=off")]
    [InlineData(Errno.ENODEV, true, "pci=off")]
    public void An_error_of_a_system_call_means_one_thing_with_MIO_and_another_without(Errno errno, bool hasMio, string meaning) =>
        Assert.Contains(meaning, AccessFaults.Explain(AccessOutcome.OfErrno(errno), AccessPath.MmioSyscall, Machine.Describe(hasMio)), StringComparison.Ordinal);

    [Fact]
    public void ENODEV_on_the_file_names_the_driver_that_can_on_IBM_Z_alone()
    {
        var outcome = AccessOutcome.OfErrno(Errno.ENODEV);
        Assert.Contains("ism_vfio_pci", AccessFaults.Explain(outcome, AccessPath.RegionFile, Machine.Describe()), StringComparison.Ordinal);
        Assert.Null(AccessFaults.Explain(outcome, AccessPath.RegionFile, Machine.Describe() with { Architecture = "x86_64" }));
    }

    [Theory]
    [InlineData(4, "pci=off", "SIGILL")]
    [InlineData(4, "width", "SIGILL")]
    [InlineData(7, "decoding is off", "SIGBUS")]
    [InlineData(11, "mapped", "SIGSEGV")]
    public void A_signal_is_explained_and_named(int signal, string meaning, string name)
    {
        var outcome = AccessOutcome.OfSignal(signal);
        Assert.Contains(meaning, AccessFaults.Explain(outcome, AccessPath.MioInstruction, Machine.Describe(true)), StringComparison.Ordinal);
        Assert.Equal(name, AccessFaults.NameCause(outcome));
    }

    [Fact]
    public void Every_status_of_the_kernels_table_has_words_of_its_own()
    {
        byte[] known = [4, 8, 12, 16, 20, 24, 28, 36, 40, 44];
        Assert.Equal(known.Length + 1, known.Append((byte)0).Select(MioStatus.Describe).Distinct().Count());
    }

    [Fact]
    public void Every_outcome_has_a_cause_and_every_sentence_ends()
    {
        IEnumerable<AccessOutcome> outcomes =
        [
            .. Enum.GetValues<Errno>().Where(errno => errno != Errno.None).Select(AccessOutcome.OfErrno),
            .. Enumerable.Range(1, 3).Select(code => AccessOutcome.OfConditionCode(code)),
            .. Enumerable.Range(1, 31).Select(AccessOutcome.OfSignal),
        ];
        foreach (var outcome in outcomes)
        {
            Assert.NotEmpty(AccessFaults.NameCause(outcome));
            foreach (var path in Enum.GetValues<AccessPath>())
                Assert.EndsWith(".", AccessFaults.Explain(outcome, path, Machine.Describe(true)) ?? ".", StringComparison.Ordinal);
        }
    }
}
