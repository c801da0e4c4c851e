namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>What this process leaves to the garbage collector.</summary>
internal static class ProcessAllocations
{
    /// <summary>How many bytes all threads have allocated since the process began; null where the runtime does not count them.</summary>
    public static long? Count() => GC.GetTotalAllocatedBytes(precise: true);
}
