namespace VfioSharp.Fuzz;

/// <summary>A client in this process.</summary>
internal sealed class DrivenClient(string socketPath) : IVictim
{
    private readonly ClientDriver _driver = new(socketPath);
    private readonly StrayExceptions _strays = new();

    public int ProcessId => Environment.ProcessId;

    /// <summary>Has the client open, use and close the device.</summary>
    /// <param name="seed">The conversation's seed.</param>
    /// <returns>What it did wrong; null where nothing.</returns>
    public string? Drive(ulong seed)
    {
        var (isHonest, _, dice) = ClientFuzz.Make(seed);
        return _driver.Drive(dice, isHonest);
    }

    public string? FindComplaint() => _strays.First;

    public long CountHeapBytes() => GC.GetTotalMemory(forceFullCollection: true);

    public void Dispose() => _strays.Dispose();
}
