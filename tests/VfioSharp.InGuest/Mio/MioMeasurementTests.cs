using System.Diagnostics;
using System.Globalization;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// How many operations the machine saw: it counts them for each function, and the kernel shows the counts (arch/s390/pci/pci_debug.c). So every access
/// is one instruction, whatever the program does with the result, and a block store is one, too. Explicit: see <see cref="MioGuest"/>; debugfs is
/// mounted.
/// </summary>
public sealed class MioMeasurementTests
{
    private const int Loads = 300, Stores = 200, Blocks = 50, CalledLoads = 40, CalledStores = 30, CalledBlocks = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact(Explicit = true)]
    public async Task Every_access_is_one_operation_of_its_kind()
    {
        using var device = Guest.Open(MioGuest.Memory);
        var file = $"/sys/kernel/debug/pci/{device.Address}/statistics";
        Assert.SkipUnless(File.Exists(file), $"this kernel shows no counts of operations ({file})");
        using var instructions = MioGuest.OpenMemory(device);
        using var syscalls = MioGuest.OpenMemory(device, AccessPath.MmioSyscall);
        var block = new byte[128];
        var before = await ReadNext(file);

        for (var i = 0; i < Loads; i++)
            _ = (byte)instructions.Read64(8);
        for (var i = 0; i < Stores; i++)
            instructions.Write32(0, 0);
        for (var i = 0; i < Blocks; i++)
            instructions.WriteBlock(0, block.AsSpan(0, 16 + 8 * (i % 15)));
        for (var i = 0; i < CalledLoads; i++)
            _ = syscalls.Read64(0);
        for (var i = 0; i < CalledStores; i++)
            syscalls.Write16(0, 0);
        for (var i = 0; i < CalledBlocks; i++)
            syscalls.WriteBlock(0, block.AsSpan(0, 16 + 8 * (i % 15)));

        var after = await ReadNext(file);
        Assert.Equal(
            (Loads + CalledLoads, Stores + CalledStores, Blocks + CalledBlocks),
            (after.Loads - before.Loads, after.Stores - before.Stores, after.Blocks - before.Blocks));
    }

    // The machine writes its counts every few seconds: those that come next hold all that was done before.
    private static async Task<(long Loads, long Stores, long Blocks)> ReadNext(string file)
    {
        var watch = Stopwatch.StartNew();
        var samples = Count(file, "Samples");
        while (Count(file, "Samples") == samples)
        {
            Assert.True(watch.Elapsed < Patience, $"{file} did not change within {Patience.TotalSeconds} s");
            await Task.Delay(100);
        }

        await Task.Delay(100);
        return (Count(file, "Load operations"), Count(file, "Store operations"), Count(file, "Store block operations"));
    }

    private static long Count(string file, string name) => long.Parse(
        File.ReadLines(file).Select(line => line.Split(':')).Single(parts => parts.Length == 2 && parts[0].Trim() == name)[1].Trim(),
        CultureInfo.InvariantCulture);
}
