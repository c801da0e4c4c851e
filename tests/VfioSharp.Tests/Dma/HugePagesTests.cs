using VfioSharp.Dma;

namespace VfioSharp.Tests.Dma;

public sealed class HugePagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vfiosharp-huge").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Too_few_reserved_pages_are_counted_and_the_ways_to_reserve_named()
    {
        AddPool("hugepages-2048kB", "4\n", "1\n");
        Assert.Equal(
            $"huge pages of 2 MiB: 3 needed, 4 reserved, 1 free; reserve more with `echo N > {_folder}/hugepages-2048kB/nr_hugepages` as root " +
            "(/proc/sys/vm/nr_hugepages for the default size), or with hugepagesz=2M hugepages=N on the kernel command line.",
            HugePages.Advice(1 << 21, 6 << 20, _folder));
    }

    [Fact]
    public void A_size_that_the_kernel_does_not_have_lists_those_that_it_has()
    {
        AddPool("hugepages-1024kB", "0", "0");
        AddPool("hugepages-2097152kB", "0", "0");
        AddPool("hugepages-garbage", "0", "0");
        Assert.Equal("this kernel has no huge pages of 1 GiB; it has 1 MiB, 2 GiB.", HugePages.Advice(1 << 30, 1 << 30, _folder));
    }

    [Fact]
    public void A_kernel_without_huge_pages_is_named_as_such() =>
        Assert.Equal("this kernel has no huge pages of 2 MiB; it has none at all.", HugePages.Advice(1 << 21, 1 << 21, _folder + "/absent"));

    [Fact]
    public void Counts_that_are_no_numbers_are_left_out()
    {
        AddPool("hugepages-1048576kB", "many", "few");
        Assert.StartsWith("huge pages of 1 GiB: 1 needed; reserve more", HugePages.Advice(1 << 30, 1 << 30, _folder), StringComparison.Ordinal);
    }

    private void AddPool(string name, string reserved, string free)
    {
        var pool = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        File.WriteAllText(Path.Combine(pool, "nr_hugepages"), reserved);
        File.WriteAllText(Path.Combine(pool, "free_hugepages"), free);
    }
}
