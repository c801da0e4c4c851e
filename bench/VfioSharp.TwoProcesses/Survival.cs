using System.Diagnostics;
using System.Globalization;

namespace VfioSharp.TwoProcesses;

/// <summary>Kills one of two processes by SIGKILL in the middle of traffic, and looks how the other takes it.</summary>
internal sealed class Survival(string program, string folder)
{
    /// <summary>How long a traffic runs before the kill, in milliseconds, so that it is in full swing.</summary>
    private const int TrafficMilliseconds = 60;

    /// <summary>Within which time the other side has to notice.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Kills the server while this process reads registers by message.</summary>
    public TimeSpan KillServerUnderMessages() => KillServer(scratch => scratch.Registers.Read32(0) == Scratch.Identity);

    /// <summary>Kills the server while this process makes nothing but loads and stores of shared memory.</summary>
    public TimeSpan KillServerUnderLoads() => KillServer(scratch =>
    {
        scratch.Shared.Write32(16, 0x1234_5678);
        return scratch.Shared.Read32(16) == 0x1234_5678;
    });

    /// <summary>Kills a client in the middle of its messages; the time until the next is served.</summary>
    public TimeSpan KillClientUnderMessages() => KillClient(DrivingProcess.Messages);

    /// <summary>Kills a client that makes loads and stores; the time until the next is served.</summary>
    public TimeSpan KillClientUnderLoads() => KillClient(DrivingProcess.Loads);

    private TimeSpan KillServer(Func<Scratch, bool> access)
    {
        using var server = SecondProcess.Serve(program, folder, 1);
        var path = ServingProcess.SocketPath(folder, 0);
        using var scratch = new Scratch(path);
        var killedAt = 0L;
        var killer = Task.Run(async () =>
        {
            await Task.Delay(TrafficMilliseconds);
            // Read before the signal is sent: what comes after cannot have been noticed earlier.
            Volatile.Write(ref killedAt, Stopwatch.GetTimestamp());
            server.Kill();
        });
        var noticed = UntilRefused(scratch, access);
        killer.Wait();
        var time = Stopwatch.GetElapsedTime(Volatile.Read(ref killedAt), noticed);
        RequireInTime(time, "The client noticed");

        // Whatever is asked of the device from now on fails at once and says so; a new server at the same path is served by a new device.
        RequireRefusal(() => _ = scratch.Device.Config.VendorId);
        using var next = SecondProcess.Serve(program, folder, 1);
        using var again = new Scratch(path);
        if (again.Registers.Read32(0) != Scratch.Identity)
            throw new MeasurementException("A new connection does not read the function's identity.");
        return time;
    }

    private static long UntilRefused(Scratch scratch, Func<Scratch, bool> access)
    {
        var begin = Stopwatch.GetTimestamp();
        try
        {
            while (access(scratch))
            {
                if (Stopwatch.GetElapsedTime(begin) > 10 * Limit)
                    throw new MeasurementException("The client goes on as if the server were there.");
            }
        }
        catch (DeviceAccessException refusal)
        {
            // A message ends with an error number, a load or a store with a signal; both say why.
            return refusal.Advice?.StartsWith("the server ended the connection", StringComparison.Ordinal) == true
                ? Stopwatch.GetTimestamp()
                : throw new MeasurementException($"The exception is another: {refusal}");
        }

        throw new MeasurementException("An access went wrong without an exception.");
    }

    private TimeSpan KillClient(string traffic)
    {
        using var server = SecondProcess.Serve(program, folder, 1);
        var path = ServingProcess.SocketPath(folder, 0);
        using (var client = SecondProcess.Start(program, "drive", path, traffic))
        {
            Thread.Sleep(TrafficMilliseconds);
            client.Kill();
        }

        var begin = Stopwatch.GetTimestamp();
        using var next = new Scratch(path);
        if (next.Registers.Read32(0) != Scratch.Identity)
            throw new MeasurementException("The next client does not read the function's identity.");
        var time = Stopwatch.GetElapsedTime(begin);
        RequireInTime(time, "The next client was served");
        return time;
    }

    private static void RequireRefusal(Action use)
    {
        try
        {
            use();
        }
        catch (VfioException refusal) when (refusal.Errno == Errno.ECONNRESET)
        {
            return;
        }

        throw new MeasurementException("A device whose server is gone does not say so.");
    }

    private static void RequireInTime(TimeSpan time, string what)
    {
        if (time > Limit)
            throw new MeasurementException(string.Create(CultureInfo.InvariantCulture, $"{what} after {time.TotalMilliseconds:F0} ms."));
    }
}

/// <summary>Of each way to die how often it was tried, and the longest time until the other side noticed, in milliseconds.</summary>
internal sealed record SurvivalReport(int Times, double ServerUnderMessages, double ServerUnderLoads, double ClientUnderMessages, double ClientUnderLoads)
{
    public static SurvivalReport Of(Survival survival, int times)
    {
        double Longest(Func<TimeSpan> kill) => Enumerable.Range(0, times).Max(_ => kill().TotalMilliseconds);
        return new SurvivalReport(
            times, Longest(survival.KillServerUnderMessages), Longest(survival.KillServerUnderLoads),
            Longest(survival.KillClientUnderMessages), Longest(survival.KillClientUnderLoads));
    }

    public string ToTable() => string.Create(CultureInfo.InvariantCulture, $"""
        SIGKILL in the middle of traffic, {Times} times each; the longest time until the other side noticed, in milliseconds.

        server killed, client reads by message           {ServerUnderMessages,8:F1}
        server killed, client makes loads and stores     {ServerUnderLoads,8:F1}
        client killed, it read by message                {ClientUnderMessages,8:F1}   until the next client had its first answer
        client killed, it made loads and stores          {ClientUnderLoads,8:F1}   until the next client had its first answer
        """);
}
