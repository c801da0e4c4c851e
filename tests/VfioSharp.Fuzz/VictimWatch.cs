namespace VfioSharp.Fuzz;

/// <summary>Compares what a victim uses with what it used when it was warm.</summary>
internal sealed class VictimWatch(IVictim victim)
{
    // Code is still compiled and buffers grow to the longest message there is; a leak of one of anything in a conversation is far beyond these.
    private const int MostNewMappings = 96;
    private const long MostNewHeapBytes = 24L << 20;
    private const long MostNewResidentBytes = 160L << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private VictimCensus? _warm;

    /// <summary>The victim as it was when it was warm.</summary>
    public VictimCensus Warm => _warm ?? VictimCensus.Take(victim);

    /// <summary>Takes what the victim uses now as what it may use.</summary>
    public void Settle() => _warm = VictimCensus.Take(victim);

    /// <summary>Looks at the victim.</summary>
    /// <returns>What is wrong with it; null where nothing.</returns>
    public string? Check()
    {
        if (victim.FindComplaint() is { } complaint)
            return complaint;
        if (_warm is not { } warm)
            return null;
        // Whoever attacks may be quicker than the victim, which closes a connection after its peer has.
        var begin = Environment.TickCount64;
        ProcessCensus now;
        do
        {
            now = ProcessCensus.Take(victim.ProcessId);
            if (now.Fds <= warm.Process.Fds)
                break;
            Thread.Sleep(5);
        }
        while (Environment.TickCount64 - begin < Patience.TotalMilliseconds);
        if (now.Fds > warm.Process.Fds)
            return $"keeps descriptors: {now.Fds}, and {warm.Process.Fds} when it was warm\n  {ProcessCensus.DescribeFds(victim.ProcessId)}";
        if (now.Mappings > warm.Process.Mappings + MostNewMappings)
            return $"keeps mappings: {now.Mappings}, and {warm.Process.Mappings} when it was warm";
        return now.ResidentBytes > warm.Process.ResidentBytes + MostNewResidentBytes
            ? $"keeps memory: {now.ResidentBytes >> 20} MiB resident, and {warm.Process.ResidentBytes >> 20} MiB when it was warm"
            : null;
    }

    /// <summary>Looks at the victim at the end, after everything that it no longer needs is collected.</summary>
    public string? CheckAtEnd() => Check() ?? (_warm is { } warm && victim.CountHeapBytes() is var heap && heap > warm.HeapBytes + MostNewHeapBytes
        ? $"keeps memory: {heap >> 10} KiB managed, and {warm.HeapBytes >> 10} KiB when it was warm"
        : null);
}
