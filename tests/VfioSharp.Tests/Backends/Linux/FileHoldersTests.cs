using VfioSharp.Backends.Linux;

namespace VfioSharp.Tests.Backends.Linux;

public sealed class FileHoldersTests : IDisposable
{
    private readonly string _proc = Directory.CreateTempSubdirectory("vfiosharp-proc-").FullName;

    public void Dispose() => Directory.Delete(_proc, recursive: true);

    [Fact]
    public void Names_who_has_the_file_and_how_often()
    {
        Process(12, "qemu", "/dev/vfio/7", "/dev/null", "/dev/vfio/7");
        Process(13, "bash", "/dev/vfio/70");
        Directory.CreateDirectory(Path.Combine(_proc, "sys"));
        Assert.Equal([new FileHolder(12, "qemu", 2)], FileHolders.Find("/dev/vfio/7", _proc));
    }

    [Fact]
    public void A_process_that_ends_meanwhile_is_still_counted_and_one_that_hides_its_files_is_not()
    {
        Process(12, null, "/dev/vfio/7");
        Directory.CreateDirectory(Path.Combine(_proc, "14"));
        Assert.Equal([new FileHolder(12, "a program that ended just now", 1)], FileHolders.Find("/dev/vfio/7", _proc));
    }

    [Fact]
    public void Without_proc_nobody_is_known() => Assert.Empty(FileHolders.Find("/dev/vfio/7", Path.Combine(_proc, "missing")));

    [Fact]
    public void This_process_is_found_by_a_file_that_it_has_open()
    {
        var path = Path.Combine(_proc, "held");
        using var held = File.Create(path);
        Assert.Contains(FileHolders.Find(path), holder => holder.ProcessId == Environment.ProcessId && holder.DescriptorCount == 1);
    }

    private void Process(int id, string? name, params string[] files)
    {
        var descriptors = Directory.CreateDirectory(Path.Combine(_proc, $"{id}", "fd")).FullName;
        if (name is not null)
            File.WriteAllText(Path.Combine(_proc, $"{id}", "comm"), name + "\n");
        for (var number = 0; number < files.Length; number++)
            File.CreateSymbolicLink(Path.Combine(descriptors, $"{number}"), files[number]);
    }
}
