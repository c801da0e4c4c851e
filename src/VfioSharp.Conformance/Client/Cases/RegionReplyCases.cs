using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Client.Cases;

/// <summary>What a client makes of what a server says of regions, true or not.</summary>
internal static class RegionReplyCases
{
    private const uint Shared = ScriptedDevice.SharedBar;
    private const uint Trapped = ScriptedDevice.TrappedBar;

    public static IEnumerable<ClientCase> All()
    {
        var group = new ClientCaseGroup("region_info", "VFIO_USER_DEVICE_GET_REGION_INFO");
        group.Attaches("sparse", "a region with sparse areas is used", Sparse(Area(0, 0x1000), Area(0x2000, 0x1000)));
        group.Attaches("sparse_no_area", "a region with a sparse capability of no areas is used", Sparse());
        group.Attaches(
            "mmap_without_fd", "a region that could be mapped, but comes without a descriptor, is reached by messages",
            On(Shared, answer => answer with { Fds = [] }), CaseDuty.Habit);
        group.Attaches(
            "not_mappable", "a region that cannot be mapped is reached by messages",
            On(Shared, answer => answer.With(4, RegionRead | RegionWrite) with { Fds = [] }));
        group.Attaches("config_4096", "a configuration space of 4096 bytes is taken as it is", new Script { Alter = LargeConfig });
        group.Survives(
            "two_fds", "two descriptors where there should be one do no harm",
            On(Shared, answer => answer with { Fds = [.. answer.Fds, .. answer.Fds] }));
        group.Survives(
            "fd_not_mappable", "a descriptor with a region that cannot be mapped does no harm",
            On(Trapped, answer => answer with { Fds = [0] }));
        group.Survives("fd_is_no_file", "a descriptor that cannot be mapped does no harm", On(Shared, answer => answer with { Fds = [0] }));
        group.Survives(
            "file_shorter", "a file shorter than the region does no harm",
            new Script { Prepare = device => device.Shared.Truncate(0x1000) });
        group.Survives("file_empty", "an empty file does no harm", new Script { Prepare = device => device.Shared.Truncate(0) });
        group.Survives("offset_odd", "an offset that is no page's does no harm", On(Shared, answer => answer.With(24, 0x123ul)));
        group.Survives("offset_max", "an offset at the end of 64 bits does no harm", On(Shared, answer => answer.With(24, 0xffff_ffff_ffff_f000ul)));
        group.Survives("size_max", "a size of 2^64 - 1 does no harm", On(Shared, answer => answer.With(16, ulong.MaxValue)));
        group.Survives("size_2_63", "a size of 2^63 does no harm", On(Shared, answer => answer.With(16, 1ul << 63)));
        group.Survives("size_odd", "a size that is no power of two does no harm", On(Trapped, answer => answer.With(16, 0x1234ul)));
        group.Survives("config_64", "a configuration space of 64 bytes does no harm", On(ConfigRegion, answer => answer.With(16, 64ul)));
        group.Survives("config_0", "a configuration space of no bytes does no harm", On(ConfigRegion, answer => answer.With(16, 0ul)));
        group.Survives("config_huge", "a configuration space of 4 GiB does no harm", On(ConfigRegion, answer => answer.With(16, 1ul << 32)));
        group.Survives(
            "config_not_readable", "a configuration space that cannot be read does no harm",
            On(ConfigRegion, answer => answer.With(4, 0u)));
        group.Survives("wrong_index", "the description of another region does no harm", On(Shared, answer => answer.With(8, 5u)));
        group.Survives("error", "an error does no harm", On(Trapped, answer => answer with { Error = Errno.EINVAL, Payload = [] }));
        group.Survives("short", "a description that ends early does no harm", On(Trapped, answer => answer with { Payload = answer.Payload[..24] }));
        group.Survives("argsz_0", "an argsz of 0 does no harm", On(Shared, answer => answer.With(0, 0u)));
        group.Survives("argsz_max", "an argsz of 4294967295 does no harm", On(Shared, answer => answer.With(0, uint.MaxValue)));
        group.Survives(
            "argsz_growing", "an argsz that grows with each question does no harm",
            Script.OnRegion(Shared, (command, answer) => answer.With(0, command.U32(0) + 16)));
        group.Survives(
            "caps_missing", "capabilities that are said and do not come do no harm",
            On(Shared, answer => answer.With(4, answer.Payload[4] | RegionCaps)));
        group.Survives("cap_offset_max", "a capability at 4294967295 does no harm", Capability(36, new byte[16], capOffset: uint.MaxValue));
        group.Survives("cap_offset_in_fixed_part", "a capability within the fixed part does no harm", Capability(36, new byte[16], capOffset: 8));
        group.Survives(
            "cap_circle", "capabilities that form a circle do no harm",
            Capability(32, new Payload().U16(99).U16(1).U32(32).U64(0).ToArray()));
        group.Survives(
            "cap_next_outside", "a capability followed by one outside does no harm",
            Capability(32, new Payload().U16(99).U16(1).U32(0x10000).U64(0).ToArray()));
        group.Survives(
            "sparse_too_many", "more areas than there are bytes for do no harm",
            Capability(32, new Payload().U16(1).U16(1).U32(0).U32(uint.MaxValue).U32(0).ToArray()));
        group.Survives("sparse_outside", "an area outside of its region does no harm", Sparse(Area(0x100000, 0x1000)));
        group.Survives("sparse_overflow", "an area that overflows does no harm", Sparse(Area(0xffff_ffff_ffff_f000, 0x2000)));
        group.Survives("sparse_overlap", "areas that overlap do no harm", Sparse(Area(0, 0x2000), Area(0x1000, 0x2000)));
        group.Survives("sparse_odd", "areas that are not made of pages do no harm", Sparse(Area(0x10, 0x20)));
        group.Survives("sparse_empty_area", "an area of no bytes does no harm", Sparse(Area(0x1000, 0)));
        return group.Cases;
    }

    private static Script On(uint region, Func<Answer, Answer> alter) => Script.OnRegion(region, alter);

    private static (ulong Offset, ulong Size) Area(ulong offset, ulong size) => (offset, size);

    private static Script Sparse(params (ulong Offset, ulong Size)[] areas)
    {
        var capability = new Payload().U16(CapabilitySparseMmap).U16(1).U32(0).U32((uint)areas.Length).U32(0);
        foreach (var (offset, size) in areas)
            capability.U64(offset).U64(size);
        return Capability(32, capability.ToArray());
    }

    // As a server does: where argsz is too small, the fixed part alone, which says what is needed.
    private static Script Capability(uint at, byte[] capability, uint? capOffset = null) => Script.OnRegion(Shared, (command, answer) =>
    {
        var needed = at + (uint)capability.Length;
        var described = answer.With(0, needed).With(4, answer.Payload[4] | RegionCaps).With(12, capOffset ?? at);
        return command.U32(0) < needed
            ? described
            : described with { Payload = [.. described.Payload, .. new byte[at - 32], .. capability] };
    });

    private static Answer LargeConfig(Message command, Answer answer)
    {
        if (command.Header.Command == VfioUserCommand.DeviceGetRegionInfo && command.U32(8) == ConfigRegion)
            return answer.With(16, 4096ul);
        if (command.Header.Command != VfioUserCommand.RegionRead || command.U32(8) != ConfigRegion || answer.Error == Errno.None)
            return answer;
        // Behind the first 256 bytes there is nothing.
        return command.U32(12) <= 4096 ? new Answer { Payload = [.. command.Payload.AsSpan(0, 16), .. new byte[command.U32(12)]] } : answer;
    }
}
