namespace VfioSharp.Fuzz;

/// <summary>Compares what a victim uses with what it used when it was warm.</summary>
internal sealed class VictimWatch(IVictim victim)
{
    // Code is still compiled and buffers grow to the longest message there is; a leak of one of anything in a conversation is far beyond these.
    private const int MostNewMappings = 96;
    private const long MostNewHeapBytes = 24L << 20;
    private const long MostNewResidentBytes = 160L << 20;

    // Whoever attacks may be quicker than the victim, which closes a connection after its peer has, and does its last work then.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // How long the victim's threads are looked at, and how much of that they may run while nobody wants anything of them.
    private static readonly TimeSpan IdleTime = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MostOfIdleTime = TimeSpan.FromMilliseconds(4);

    private VictimCensus? _warm;

    /// <summary>The victim as it was when it was warm.</summary>
    public VictimCensus Warm => _warm ?? VictimCensus.Take(victim);

    /// <summary>Takes what the victim uses now as what it may use.</summary>
    /// <returns>What is wrong with it; null where nothing.</returns>
    public string? Settle()
    {
        var complaint = WaitUntil(() => FindBusyThread());
        _warm = VictimCensus.Take(victim);
        return complaint;
    }

    /// <summary>Looks at the victim.</summary>
    /// <returns>What is wrong with it; null where nothing.</returns>
    public string? Check()
    {
        if (victim.FindComplaint() is { } complaint)
            return complaint;
        if (_warm is not { } warm)
            return null;
        var id = victim.ProcessId;
        if (WaitUntil(() => FindLeak(warm.Process, ProcessCensus.Take(id), id) ?? FindBusyThread()) is { } leak)
            return leak;
        var now = ProcessCensus.Take(id);
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

    private static string? WaitUntil(Func<string?> findMistake)
    {
        var begin = Environment.TickCount64;
        while (true)
        {
            if (findMistake() is not { } mistake)
                return null;
            if (Environment.TickCount64 - begin > Patience.TotalMilliseconds)
                return mistake;
            Thread.Sleep(5);
        }
    }

    private static string? FindLeak(in ProcessCensus warm, in ProcessCensus now, int id) =>
        now.Fds > warm.Fds ? $"keeps descriptors: {now.Fds}, and {warm.Fds} when it was warm\n  {ProcessCensus.DescribeFds(id)}"
        : now.Threads > warm.Threads ? $"keeps threads: {now.Threads}, and {warm.Threads} when it was warm\n  {ProcessCensus.DescribeThreads(id)}"
        : now.SharedMappings > warm.SharedMappings
            ? $"keeps shared memory mapped: {now.SharedMappings} times, and {warm.SharedMappings} when it was warm\n  {ProcessCensus.DescribeSharedMappings(id)}"
            : null;

    private string? FindBusyThread()
    {
        var before = ProcessCensus.TakeTimeOfThreads(victim.ProcessId);
        Thread.Sleep(IdleTime);
        var ran = ProcessCensus.TakeTimeOfThreads(victim.ProcessId) - before;
        return ran > MostOfIdleTime ? $"runs for {ran.TotalMilliseconds} ms of {IdleTime.TotalMilliseconds} though nobody is connected" : null;
    }
}
