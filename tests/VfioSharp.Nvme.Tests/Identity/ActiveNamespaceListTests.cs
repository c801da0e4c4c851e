using System.Buffers.Binary;
using FsCheck.Xunit;
using VfioSharp.Nvme.Identity;

namespace VfioSharp.Nvme.Tests.Identity;

public class ActiveNamespaceListTests
{
    [Property]
    public void Lists_that_follow_each_other_give_every_namespace_once(int seed)
    {
        var random = new Random(seed);
        var wanted = new SortedSet<uint>();
        for (var count = random.Next(3000); count > 0; count--)
            wanted.Add((uint)random.Next(1, 5000));
        var found = new List<uint>();

        while (ActiveNamespaceList.Read(MakeList(wanted.Where(id => id > found.LastOrDefault()).Take(1024)), found.LastOrDefault(), 5000, found, "a disk"))
            Assert.True(found.Count <= wanted.Count);

        Assert.Equal(wanted, found);
    }

    [Theory]
    [InlineData(0, 5, 5)]
    [InlineData(0, 5, 4)]
    [InlineData(9, 9, 10)]
    [InlineData(0, 1, 101)]
    public void A_list_that_does_not_ascend_or_names_too_high_a_namespace_is_refused(uint after, uint first, uint second)
    {
        var exception = Assert.Throws<NvmeException>(() => ActiveNamespaceList.Read(MakeList([first, second]), after, 100, [], "a disk"));

        Assert.Equal(NvmeFailure.ProtocolViolation, exception.Reason);
    }

    private static byte[] MakeList(IEnumerable<uint> namespaces)
    {
        var bytes = new byte[4096];
        var position = 0;
        foreach (var id in namespaces)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(uint) * position++), id);
        return bytes;
    }
}
