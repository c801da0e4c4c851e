using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class ImageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vfiosharp-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "image");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_file_that_is_not_there_is_created_where_a_size_is_given_and_takes_no_room()
    {
        using (var image = NvmeImage.Open(Path, new() { SizeInBytes = 1L << 30, BlockSizeInBytes = 4096 }))
        {
            Assert.Equal((Path, 1L << 30, 4096, 1ul << 18), (image.Path, image.SizeInBytes, image.BlockSizeInBytes, image.SizeInBlocks));
            Assert.Equal(0, image.GetAllocatedInBytes());
            Assert.False(image.IsReadOnly);
        }

        Assert.Equal(1L << 30, new FileInfo(Path).Length);
        using var again = NvmeImage.Open(Path);
        Assert.Equal((1L << 30, 512), (again.SizeInBytes, again.BlockSizeInBytes));
        Refuse(Errno.ENOENT, Path + "2", null, "say how long it is to be");
        Assert.False(File.Exists(Path + "2"));
    }

    [Fact]
    public void A_file_that_is_shorter_grows_and_one_that_is_longer_is_not_cut()
    {
        File.WriteAllBytes(Path, [1, 2, 3]);
        using (var image = NvmeImage.Open(Path, new() { SizeInBytes = 8192 }))
            Assert.Equal(8192, image.SizeInBytes);
        Assert.Equal(8192, new FileInfo(Path).Length);
        Assert.Equal([1, 2, 3, 0], File.ReadAllBytes(Path)[..4]);
        Refuse(Errno.None, Path, new() { SizeInBytes = 4096 }, "it has 8192 bytes, more than the 4096 that were asked for");
        Assert.Equal(8192, new FileInfo(Path).Length);
    }

    [Fact]
    public void The_rest_behind_the_last_whole_block_is_not_used()
    {
        File.WriteAllBytes(Path, new byte[5000]);
        using (var image = NvmeImage.Open(Path, new() { BlockSizeInBytes = 4096 }))
            Assert.Equal(1ul, image.SizeInBlocks);
        using (var image = NvmeImage.Open(Path))
            Assert.Equal(9ul, image.SizeInBlocks);
        File.WriteAllBytes(Path, new byte[511]);
        Refuse(Errno.None, Path, null, "shorter than one block");
        File.WriteAllBytes(Path, []);
        Refuse(Errno.None, Path, null, "it is empty");
    }

    [Fact]
    public void Only_one_writes_and_nobody_reads_meanwhile()
    {
        using (var writer = NvmeImage.Open(Path, new() { SizeInBytes = 4096 }))
        {
            Refuse(Errno.EAGAIN, Path, null, "somebody else uses it");
            Refuse(Errno.EAGAIN, Path, new() { IsReadOnly = true }, "somebody else uses it");
        }

        using var first = NvmeImage.Open(Path, new() { IsReadOnly = true });
        using var second = NvmeImage.Open(Path, new() { IsReadOnly = true });
        Assert.True(second.IsReadOnly);
        Refuse(Errno.EAGAIN, Path, null, "somebody else uses it");
    }

    [Fact]
    public void What_is_no_regular_file_is_refused()
    {
        Refuse(Errno.EISDIR, _folder.FullName, null, "cannot use");
        Refuse(Errno.None, _folder.FullName, new() { IsReadOnly = true }, "no regular file");
        Refuse(Errno.None, "/dev/zero", null, "no regular file");
        Refuse(Errno.ENOENT, System.IO.Path.Combine(_folder.FullName, "none", "image"), new() { SizeInBytes = 4096 }, "no such file");
    }

    [Fact]
    public void An_option_out_of_its_range_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => NvmeImage.Open(Path, new() { BlockSizeInBytes = 1024 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => NvmeImage.Open(Path, new() { SizeInBytes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => NvmeImage.Open(Path, new() { SizeInBytes = 4096 + 512, BlockSizeInBytes = 4096 }));
        Assert.Throws<ArgumentException>(() => NvmeImage.Open(Path, new() { SizeInBytes = 4096, IsReadOnly = true }));
        Assert.Throws<ArgumentOutOfRangeException>(() => NvmeImage.InMemory(4096, 511));
        Assert.Throws<ArgumentOutOfRangeException>(() => NvmeImage.InMemory(-512));
        Assert.Throws<ArgumentNullException>(() => NvmeImage.Open(null!));
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void Memory_takes_no_room_before_something_is_written()
    {
        using var image = NvmeImage.InMemory(1L << 40, 4096);
        Assert.Null(image.Path);
        Assert.Equal((1ul << 28, 0L), (image.SizeInBlocks, image.GetAllocatedInBytes()));
    }

    private static void Refuse(Errno errno, string path, NvmeImageOptions? options, string text)
    {
        var refusal = Assert.Throws<VfioException>(() => NvmeImage.Open(path, options));
        Assert.Equal(errno, refusal.Errno);
        Assert.Contains(text, refusal.Message, StringComparison.Ordinal);
    }
}
