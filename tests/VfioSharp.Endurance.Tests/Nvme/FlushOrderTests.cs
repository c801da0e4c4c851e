using VfioSharp.TwoProcesses;
using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.Endurance.Tests.Nvme;

/// <summary>Whether the judge of flushes sees what it should.</summary>
public sealed class FlushOrderTests
{
    private const string Recorded = """
        11 100.000100 pwrite64(7</dev/shm/disk>, ""..., 4096, 8192) = 4096 <0.000050>
        11 100.000200 pwritev(7</dev/shm/disk>, [{iov_base=""..., iov_len=512}, {iov_base=""..., iov_len=512}], 2, 512) = 1024 <0.000010>
        12 100.000300 fdatasync(7</dev/shm/disk> <unfinished ...>
        11 100.000310 pwrite64(9</tmp/other>, ""..., 4096, 0) = 4096 <0.000050>
        11 100.000320 pwritev2(7</dev/shm/disk>, [{iov_base=""..., iov_len=4096}], 1, 16384, RWF_DSYNC) = 4096 <0.000050>
        11 100.000380 pwrite64(7</dev/shm/disk>, ""..., 4096, 20480) = 4096 <0.000010>
        12 100.000500 <... fdatasync resumed>) = 0 <0.000200>
        11 100.000600 fallocate(7</dev/shm/disk>, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 0, 4096) = 0 <0.000010>
        11 100.000700 fdatasync(7</dev/shm/disk>) = -1 EIO (Input/output error) <0.000100>
        12 101.000000 +++ exited with 0 +++
        """;

    private static readonly SystemCallLog Log = SystemCallLog.Read(Recorded.Split('\n'), "/dev/shm/disk");

    [Fact]
    public void A_record_is_read_by_file_place_and_time()
    {
        Assert.Equal([(8192, 4096), (512, 1024), (16384, 4096), (20480, 4096), (0, 4096)], Log.Writes.Select(write => (write.Offset, write.LengthInBytes)));
        var sync = Assert.Single(Log.Syncs);
        Assert.Equal(100.0003, sync.Begin, 6);
        Assert.Equal(100.0005, sync.End, 6);
    }

    [Fact]
    public void A_write_that_was_given_to_the_kernel_before_the_sync_of_a_flush_lasts() =>
        FlushOrder.Require(Log, [new DriverWrite(100, 100.0002, 8192, 4096, IsForced: false)], [new DriverFlush(100.00025, 100.0006)]);

    [Fact]
    public void A_write_after_the_sync_began_is_lost() => Assert.Throws<MeasurementException>(
        () => FlushOrder.Require(Log, [new DriverWrite(100, 100.0004, 20480, 4096, IsForced: false)], [new DriverFlush(100.00045, 101)]));

    [Fact]
    public void A_flush_that_is_completed_before_the_sync_ends_is_none() => Assert.Throws<MeasurementException>(
        () => FlushOrder.Require(Log, [new DriverWrite(100, 100.0002, 8192, 4096, IsForced: false)], [new DriverFlush(100.00025, 100.0004)]));

    [Fact]
    public void A_write_that_the_kernel_never_had_is_lost() => Assert.Throws<MeasurementException>(
        () => FlushOrder.Require(Log, [new DriverWrite(100, 100.0005, 12288, 4096, IsForced: false)], []));

    [Fact]
    public void A_forced_write_lasts_before_it_is_acknowledged()
    {
        FlushOrder.Require(Log, [new DriverWrite(100, 100.00055, 512, 1024, IsForced: true)], []);
        Assert.Throws<MeasurementException>(() => FlushOrder.Require(Log, [new DriverWrite(100, 100.0004, 512, 1024, IsForced: true)], []));
        FlushOrder.Require(Log, [new DriverWrite(100.0003, 100.0004, 16384, 4096, IsForced: true)], []);
    }
}
