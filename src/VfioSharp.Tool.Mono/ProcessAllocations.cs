namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>What this process leaves to the garbage collector.</summary>
internal static class ProcessAllocations
{
    /// <summary>Nothing: netstandard2.1 has no way to ask.</summary>
    public static long? Count() => null;
}
