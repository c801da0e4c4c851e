using System.Runtime.InteropServices;
using FsCheck.Xunit;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Backends;

/// <summary>The chain that VFIO appends to an answer: {id, version, next} in host byte order (struct vfio_info_cap_header).</summary>
public sealed class InfoCapabilityChainTests
{
    [Fact]
    public void Capabilities_come_in_the_chain_s_order_with_their_payload()
    {
        var answer = new byte[56];
        WriteHeader(answer, 32, id: 3, version: 1, next: 40);
        WriteHeader(answer, 40, id: 2, version: 7, next: 0);
        MemoryMarshal.Write(answer.AsSpan(48), 0x1234_5678u);

        var chain = InfoCapabilityChain.Read(answer, 32);

        Assert.Equal([(3, 1, 0), (2, 7, 8)], chain.Select(capability => ((int)capability.Id, (int)capability.Version, capability.Payload.Length)));
        Assert.Equal(0x1234_5678u, MemoryMarshal.Read<uint>(chain[1].Payload.Span));
    }

    [Fact]
    public void No_first_offset_is_no_capability() => Assert.Empty(InfoCapabilityChain.Read(new byte[64], 0));

    [Fact]
    public void A_loop_ends_where_it_turns_back()
    {
        var answer = new byte[64];
        WriteHeader(answer, 32, id: 1, version: 1, next: 48);
        WriteHeader(answer, 48, id: 2, version: 1, next: 32);
        Assert.Equal(2, InfoCapabilityChain.Read(answer, 32).Count);
    }

    [Theory]
    [InlineData(57u)]
    [InlineData(64u)]
    [InlineData(uint.MaxValue)]
    public void A_header_that_does_not_fit_ends_the_chain(uint offset) => Assert.Empty(InfoCapabilityChain.Read(new byte[64], offset));

    [Property]
    public void No_answer_makes_it_throw_or_run_on(byte[] answer, uint firstOffset)
    {
        var chain = InfoCapabilityChain.Read(answer, answer.Length == 0 ? firstOffset : firstOffset % (uint)(answer.Length + 8));
        Assert.True(chain.Count <= answer.Length);
        RegionCapabilities.ReadSparseAreas(chain, 4096);
        RegionCapabilities.ReadType(chain);
        RegionCapabilities.ReadMsixMappable(chain);
    }

    [Fact]
    public void Sparse_areas_that_leave_the_region_are_not_believed()
    {
        var payload = new byte[8 + 4 * 16];
        MemoryMarshal.Write(payload, 100u);
        ulong[] areas = [0, 0x1000, 0x2000, 0, 0x3000, 0x1000, ulong.MaxValue, 2];
        MemoryMarshal.AsBytes(areas.AsSpan()).CopyTo(payload.AsSpan(8));

        var read = RegionCapabilities.ReadSparseAreas([new InfoCapability(1, 1, payload)], 0x4000);

        Assert.Equal([new RegionArea(0, 0x1000), new RegionArea(0x3000, 0x1000)], read);
    }

    private static void WriteHeader(byte[] answer, int offset, ushort id, ushort version, uint next)
    {
        MemoryMarshal.Write(answer.AsSpan(offset), id);
        MemoryMarshal.Write(answer.AsSpan(offset + 2), version);
        MemoryMarshal.Write(answer.AsSpan(offset + 4), next);
    }
}
