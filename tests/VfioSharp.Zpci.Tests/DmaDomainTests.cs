using FsCheck.Xunit;
using VfioSharp.Backends;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests;

// drivers/vfio/vfio_iommu_type1.c over drivers/iommu/s390-iommu.c.
public sealed class DmaDomainTests
{
    private const ulong Iova = ZpciDmaDomain.WindowStart;

    // Recording linux-6.12 and linux-7.2, "MAP_DMA", on a host with 1 GiB.
    [Theory]
    [InlineData(0ul, Errno.EINVAL)]
    [InlineData(0x10000ul, Errno.EINVAL)]
    [InlineData(0xffff0000ul, Errno.EINVAL)]
    [InlineData(0x100000000ul, Errno.None)]
    [InlineData(0x13ffff000ul, Errno.None)]
    [InlineData(0x140000000ul, Errno.EINVAL)]
    [InlineData(0x180000000ul, Errno.EINVAL)]
    [InlineData(0x10000000000000ul, Errno.EINVAL)]
    [InlineData(ulong.MaxValue - 4095, Errno.EINVAL)]
    public void Only_IOVAs_of_the_window_can_be_mapped(ulong iova, Errno expected)
    {
        var under = new HostUnderTest("linux-7.2,nomio");

        Assert.Equal(expected, under.Host.CreateDmaDomain().Map(iova, under.Process.Memory, under.Buffer, 4096, DmaAccess.ReadWrite).Errno);
    }

    [Fact]
    public void The_window_ends_where_the_hosts_memory_does() => Assert.Equal(
        0x1_1fff_fffful, new ZpciHost(ZpciHostDescription.Parse("linux-6.12"), new ZpciHostOptions { MemoryInBytes = 512ul << 20 }).CreateDmaDomain().WindowEnd);

    [Fact]
    public void Errors_come_in_the_kernels_order()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var domain = under.Host.CreateDmaDomain();
        Assert.Equal(0, domain.Map(Iova, under.Process.Memory, under.Buffer, 8192, DmaAccess.Read).Value);

        Assert.Equal(Errno.EINVAL, domain.Map(Iova + 1, under.Process.Memory, under.Buffer, 4096, DmaAccess.Read).Errno);
        Assert.Equal(Errno.EINVAL, domain.Map(Iova, under.Process.Memory, under.Buffer, 0, DmaAccess.Read).Errno);
        Assert.Equal(Errno.EEXIST, domain.Map(Iova + 4096, under.Process.Memory, under.Buffer, 4096, DmaAccess.Read).Errno);
        Assert.Equal(Errno.EFAULT, domain.Map(Iova + 8192, under.Process.Memory, 0x7000_0000, 4096, DmaAccess.Read).Errno);
        Assert.Equal(Errno.EINVAL, domain.Unmap(Iova, 4096).Errno);
        Assert.Equal(8192, domain.Unmap(Iova, 1 << 20).Value);
        Assert.Equal(0, domain.Unmap(Iova, 1 << 20).Value);
        Assert.Equal(ZpciDmaDomain.MostMappings, domain.AvailableMappings);
    }

    // Recording linux-7.2: "MAP_DMA of BAR mapping (type1): ret=0".
    [Fact]
    public void A_mapped_BAR_can_be_mapped_for_DMA_while_memory_is_on()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        var address = under.MapBar(device);
        var domain = under.Host.CreateDmaDomain();

        Assert.Equal(0, domain.Map(Iova, under.Process.Memory, address, 4096, DmaAccess.Read).Value);
        HostUnderTest.SetMemory(device, false);
        Assert.Equal(Errno.EFAULT, domain.Map(Iova + 4096, under.Process.Memory, address, 4096, DmaAccess.Read).Errno);
    }

    [Fact]
    public void A_function_writes_only_where_it_may()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var domain = under.Host.CreateDmaDomain();
        domain.Map(Iova, under.Process.Memory, under.Buffer, 4096, DmaAccess.Read);

        Assert.True(domain.TryRead(Iova + 4092, stackalloc byte[4]));
        Assert.False(domain.TryRead(Iova + 4092, stackalloc byte[8]));
        Assert.False(domain.TryWrite(Iova, [1]));
    }

    [Property]
    public void What_is_written_at_an_IOVA_is_in_the_processs_memory(ushort offset, byte[] data)
    {
        data ??= [];
        var place = (ulong)offset % 4096;
        var under = new HostUnderTest("linux-7.2,nomio");
        var domain = under.Host.CreateDmaDomain();
        domain.Map(Iova, under.Process.Memory, under.Buffer, 8192, DmaAccess.ReadWrite);
        var written = data[..Math.Min(data.Length, 4096)];

        Assert.True(domain.TryWrite(Iova + place, written));

        var found = new byte[written.Length];
        Assert.Equal(found.Length, under.Process.Peek(under.Buffer + place, found));
        Assert.Equal(written, found);
        var read = new byte[written.Length];
        Assert.True(domain.TryRead(Iova + place, read));
        Assert.Equal(written, read);
        Assert.Equal(UserAddressSpace.PageSize * 2, domain.UnmapAll().Value);
    }
}
