using VfioSharp.Emulation.VfioUser;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class MappingBudgetTests : IDisposable
{
    private const ulong Page = 4096;

    private readonly MappingBudget _budget = new(2);
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
    public void The_process_keeps_a_quarter_of_what_the_kernel_allows_it()
    {
        var limit = long.Parse(File.ReadAllText("/proc/sys/vm/max_map_count"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(MappingBudget.OfProcess.Most, limit / 2, limit / 4 * 3);
    }

    private Errno Map(int place)
    {
        var file = Duplicate();
        var errno = _table.Add((ulong)place * Page, Page, MappingAccess.Read, file, 0, false);
        if (errno != Errno.None)
            file.Dispose();
        return errno;
    }

    private FileDescriptor Duplicate() => new(Libc.fcntl(_file.Descriptor.Number, Libc.F_DUPFD_CLOEXEC, 0));
}
