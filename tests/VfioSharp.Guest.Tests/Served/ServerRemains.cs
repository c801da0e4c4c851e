namespace VfioSharp.Guest.Tests.Served;

/// <summary>What this process holds of its clients.</summary>
/// <param name="Descriptors">Descriptors for sockets, memory and events.</param>
/// <param name="Mappings">Mappings of QEMU's memory.</param>
/// <param name="ManagedBytes">The heap.</param>
internal sealed record ServerRemains(int Descriptors, int Mappings, long ManagedBytes)
{
    private const long LeakedBytesAtMost = 1 << 20;

    /// <summary>Counts once nothing changes any more: a server notices the end of a connection on its own thread.</summary>
    public static async Task<ServerRemains> Settled()
    {
        ServerRemains last;
        var remains = Count();
        do
        {
            last = remains;
            await Task.Delay(200);
            remains = Count();
        }
        while (remains.Descriptors != last.Descriptors || remains.Mappings != last.Mappings);
        return remains;
    }

    /// <summary>Nothing is more than before; the heap's own coming and going is.</summary>
    public void AssertAsBefore(ServerRemains before)
    {
        Assert.Equal((before.Descriptors, before.Mappings), (Descriptors, Mappings));
        Assert.InRange(ManagedBytes, 0, before.ManagedBytes + LeakedBytesAtMost);
    }

    private static ServerRemains Count() => new(
        Directory.GetFiles("/proc/self/fd").Count(file => IsPeers(new FileInfo(file).LinkTarget)),
        File.ReadLines("/proc/self/maps").Count(line => line.Contains("memfd:memory-backend", StringComparison.Ordinal)),
        GC.GetTotalMemory(forceFullCollection: true));

    private static bool IsPeers(string? target) => target is not null
        && (target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("/memfd:", StringComparison.Ordinal) || target == "anon_inode:[eventfd]");
}
