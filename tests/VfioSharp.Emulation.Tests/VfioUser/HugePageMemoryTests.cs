namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>
/// Memory of a client that lies in huge pages, as a virtual machine's on hugetlbfs does. Behind a vIOMMU it comes in pieces of 4 KiB, which begin
/// anywhere in a huge page, while the kernel maps and unmaps whole ones only.
/// </summary>
public sealed class HugePageMemoryTests : IDisposable
{
    private const ulong Base = 0x4000_0000;
    private const int Page = 4096;

    private readonly EngineFunction _function = new();
    private readonly SharedFile _file;
    private readonly int _hugePage;
    private readonly TestClient _client;

    public HugePageMemoryTests()
    {
        _file = SharedFile.OfHugePages(3, out _hugePage);
        _client = TestClient.Attach(_function);
    }

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void All_of_it_as_one_piece_is_read_and_written()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 3 * (ulong)_hugePage, _file.Descriptor));
        foreach (var place in (long[])[0, _hugePage - 3, (2 * _hugePage) + 5, (3L * _hugePage) - 16])
            AssertMoves((ulong)place, place);
        AssertGivenBack(3 * (ulong)_hugePage);
    }

    [Fact]
    public void Small_pieces_of_it_begin_anywhere_and_are_given_back()
    {
        int[] pages = [0, 1, (_hugePage / Page) - 1, _hugePage / Page, (2 * _hugePage / Page) + 7];
        for (var i = 0; i < pages.Length; i++)
            Assert.Equal(Errno.None, _client.Map(Base + (ulong)(i * Page), Page, _file.Descriptor, offset: (ulong)pages[i] * Page));
        for (var i = 0; i < pages.Length; i++)
            AssertMoves((ulong)(i * Page) + 0x123, ((long)pages[i] * Page) + 0x123);
        AssertGivenBack((ulong)(pages.Length * Page));
    }

    [Fact]
    public void A_piece_over_the_end_of_a_huge_page_is_one()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 4 * Page, _file.Descriptor, offset: (ulong)(_hugePage - (2 * Page))));
        AssertMoves((2 * Page) - 8, _hugePage - 8);
        AssertGivenBack(4 * Page);
    }

    // 16 bytes each way.
    private void AssertMoves(ulong place, long inFile)
    {
        byte[] data = [.. Enumerable.Range(0, 16).Select(i => (byte)(inFile + (i * 7) + 1))];
        _client.WriteRegion(0, EngineFunction.Data, data);
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + place, data.Length));
        _client.WriteRegion(0, EngineFunction.Data, new byte[data.Length]);
        Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + place, data.Length));
        Assert.Equal(data, _client.ReadRegion(0, EngineFunction.Data, (uint)data.Length));
        Assert.Equal(data, _file.Read(inFile, data.Length));
    }

    private void AssertGivenBack(ulong lengthInBytes)
    {
        Assert.True(_file.IsMapped);
        Assert.Equal(Errno.None, _client.Unmap(Base, lengthInBytes));
        Assert.False(_file.IsMapped);
        Assert.Equal(1, _file.OpenCount);
    }
}
