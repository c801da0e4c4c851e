using System.Diagnostics;
using System.Runtime.CompilerServices;
using VfioSharp.Native;

namespace VfioSharp.Bench;

/// <summary>
/// The counterpart of bench/c/baseline.c: the same loops, the same slices, the same lines of output. Each loop is a method of its own that
/// is called often, so that the runtime has compiled it in full before its fastest slice.
/// </summary>
internal sealed unsafe class Comparison(Bar bar)
{
    private const int WarmUpRounds = 60;
    private const int Slices = 100;
    private const int Fast = 500_000;
    private const int Slow = 3_000;

    private delegate ulong Loop(int count);

    public void Run()
    {
        (string Name, Loop Body, int Count)[] measurements =
        [
            ("raw-load64", LoadRaw, Fast),
            ("window-load64", Load64, Fast),
            ("window-load32", Load32, Fast),
            ("window-chained64", Chained64, Fast),
            ("window-store32", Store32, Fast),
            ("net-pread64", Pread, Slow),
        ];

        // Tiered compilation counts calls, and compiles in the background: the warm-up gives it both.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            foreach (var measurement in measurements)
                _ = measurement.Body(Slow);
            Thread.Sleep(5);
        }

        foreach (var measurement in measurements)
            Measure(measurement.Name, measurement.Body, measurement.Count);
    }

    private static void Measure(string name, Loop body, int count)
    {
        var best = double.MaxValue;
        for (var slice = 0; slice < Slices; slice++)
        {
            var begin = Stopwatch.GetTimestamp();
            if (body(count) != 0)
                throw new InvalidOperationException("The memory that plays the BAR holds only zeros, and a loop has read something else.");
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / count);
        }

        Console.WriteLine(FormattableString.Invariant($"{name} {best:F4}"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong LoadRaw(int count)
    {
        var address = bar.Address + Bar.Register;
        var sum = 0ul;
        for (var i = 0; i < count; i++)
            sum += Volatile.Read(ref *(ulong*)address);
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Load64(int count)
    {
        var window = bar.Window;
        var sum = 0ul;
        for (var i = 0; i < count; i++)
            sum += window.Read64(Bar.Register);
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Load32(int count)
    {
        var window = bar.Window;
        var sum = 0ul;
        for (var i = 0; i < count; i++)
            sum += window.Read32(Bar.Register);
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Chained64(int count)
    {
        var window = bar.Window;
        var last = 0ul;
        for (var i = 0; i < count; i++)
            last = window.Read64(Bar.Register + last);
        return last;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Store32(int count)
    {
        var window = bar.Window;
        for (var i = 0; i < count; i++)
            window.Write32(Bar.Register, 0);
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Pread(int count)
    {
        var sum = 0ul;
        for (var i = 0; i < count; i++)
        {
            ulong value;
            if (Libc.pread(bar.File, (byte*)&value, sizeof(ulong), Bar.Register) != sizeof(ulong))
                throw new VfioException("read the memfd", null, Libc.LastErrno);
            sum += value;
        }

        return sum;
    }
}
