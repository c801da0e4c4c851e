namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// Whether a flushed write survives a power cut: before a Flush is completed, each write that was acknowledged before the Flush was sent has been given to the kernel
/// by the server, and has then been made to last by a call that began after that and ended before the completion.
/// </summary>
internal static class FlushOrder
{
    /// <summary>Compares what a driver saw with what the server did.</summary>
    /// <param name="log">The server's system calls on the image.</param>
    /// <param name="writes">The driver's writes, which were acknowledged.</param>
    /// <param name="flushes">Its flushes, which were completed.</param>
    /// <exception cref="MeasurementException">A write would have been lost.</exception>
    public static void Require(SystemCallLog log, IReadOnlyList<DriverWrite> writes, IReadOnlyList<DriverFlush> flushes)
    {
        var taken = writes.Select(write => FindTaken(log, write)).ToArray();
        foreach (var flush in flushes)
        {
            for (var i = 0; i < writes.Count; i++)
            {
                if (writes[i].Acknowledged <= flush.Sent && !IsLasting(log, taken[i], flush.Completed))
                    throw new MeasurementException($"The flush that was completed at {flush.Completed:F6} did not make {writes[i]} last.");
            }
        }

        for (var i = 0; i < writes.Count; i++)
        {
            if (writes[i].IsForced && !IsLasting(log, taken[i], writes[i].Acknowledged))
                throw new MeasurementException($"{writes[i]} was to last before it was acknowledged, and did not.");
        }
    }

    // The calls by which the server gave a write to the kernel, which may have been several, within the time of the command.
    private static List<FileWrite> FindTaken(SystemCallLog log, DriverWrite write)
    {
        var taken = new List<FileWrite>();
        foreach (var call in log.Writes)
        {
            var isWithin = call.Begin >= write.Sent && call.End <= write.Acknowledged;
            if (isWithin && call.Offset < write.Offset + write.LengthInBytes && write.Offset < call.Offset + call.LengthInBytes)
                taken.Add(call);
        }

        var at = write.Offset;
        foreach (var call in taken.OrderBy(call => call.Offset))
        {
            if (call.Offset <= at)
                at = Math.Max(at, call.Offset + call.LengthInBytes);
        }

        return at >= write.Offset + write.LengthInBytes
            ? taken
            : throw new MeasurementException($"{write} was acknowledged before the server had given all of it to the kernel.");
    }

    private static bool IsLasting(SystemCallLog log, List<FileWrite> taken, double until) => taken.All(
        call => call.IsForced || log.Syncs.Any(sync => sync.Begin >= call.End && sync.End <= until));
}

/// <summary>A write of the driver's: when it was sent and acknowledged, in seconds of the wall clock, and whether it was to last at once (FUA).</summary>
internal readonly record struct DriverWrite(double Sent, double Acknowledged, long Offset, long LengthInBytes, bool IsForced);

/// <summary>A flush of the driver's.</summary>
internal readonly record struct DriverFlush(double Sent, double Completed);
