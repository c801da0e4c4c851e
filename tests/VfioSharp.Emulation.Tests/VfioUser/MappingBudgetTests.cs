using VfioSharp.Emulation.VfioUser;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class MappingBudgetTests : IDisposable
{
    private const ulong Page = 4096;

    private readonly MappingBudget _budget = new(2, 1 << 20);
    private readonly DmaTable _table;
    private readonly SharedFile _file = new(4096);

    public MappingBudgetTests() => _table = new DmaTable(100, 1 << 20, _budget);

    public void Dispose()
    {
        _table.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void Without_a_mapping_left_a_piece_is_refused_and_one_that_is_taken_back_makes_room()
    {
        Assert.Equal([Errno.None, Errno.None, Errno.ENOMEM], Enumerable.Range(0, 3).Select(Map));
        Assert.Equal(Errno.None, _table.Add(10 * Page, Page, MappingAccess.Read, null, 0, false));
        Assert.Equal(Errno.None, _table.Add(11 * Page, Page, MappingAccess.Read, Duplicate(), 0, byFile: true));
        Assert.Equal(Errno.None, _table.Remove(10 * Page, 2 * Page));
        Assert.Equal(Errno.ENOMEM, Map(3));
        Assert.Equal(Errno.None, _table.Remove(0, Page));
        Assert.Equal(Errno.None, Map(4));
        Assert.Equal(Errno.ENOMEM, Map(5));
        _table.Clear();
        Assert.Equal([Errno.None, Errno.None, Errno.ENOMEM], Enumerable.Range(0, 3).Select(Map));
    }

    [Fact]
    public void What_the_kernel_does_not_map_takes_nothing()
    {
        for (var i = 0; i < 3; i++)
        {
            using var kernels = Libc.eventfd(0, Libc.EFD_CLOEXEC);
            Assert.NotEqual(Errno.None, _table.Add(0, Page, MappingAccess.Read, kernels, 0, false));
        }

        Assert.Equal([Errno.None, Errno.None, Errno.ENOMEM], Enumerable.Range(0, 3).Select(Map));
    }

    [Fact]
    public void Whole_pages_count_until_no_addresses_are_left()
    {
        using var table = new DmaTable(100, 1 << 20, new MappingBudget(100, 3 * Page));

        // From the middle of a page to the middle of the next: two.
        Assert.Equal(Errno.None, Map(table, 0, Page, Page / 2));
        Assert.Equal(Errno.ENOMEM, Map(table, 2 * Page, 2 * Page, 0));
        Assert.Equal(Errno.None, Map(table, 2 * Page, Page, 0));
        Assert.Equal(Errno.ENOMEM, Map(table, 3 * Page, 1, 0));
        Assert.Equal(Errno.None, table.Remove(0, Page));
        Assert.Equal(Errno.None, Map(table, 0, 2 * Page, 0));
    }

    [Fact]
    public void The_process_keeps_half_of_its_addresses() => Assert.InRange(MappingBudget.OfProcess.MostBytes, 1ul << 36, 1ul << 62);

    [Fact]
    public void The_process_keeps_a_quarter_of_what_the_kernel_allows_it()
    {
        var limit = long.Parse(File.ReadAllText("/proc/sys/vm/max_map_count"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(MappingBudget.OfProcess.Most, limit / 2, limit / 4 * 3);
    }

    private Errno Map(int place) => Map(_table, (ulong)place * Page, Page, 0);

    private Errno Map(DmaTable table, ulong start, ulong lengthInBytes, ulong fileOffset)
    {
        var file = Duplicate();
        var errno = table.Add(start, lengthInBytes, MappingAccess.Read, file, fileOffset, false);
        if (errno != Errno.None)
            file.Dispose();
        return errno;
    }

    private FileDescriptor Duplicate() => new(Libc.fcntl(_file.Descriptor.Number, Libc.F_DUPFD_CLOEXEC, 0));
}
