using System.Globalization;
using System.Runtime.InteropServices;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Tests.Child;

/// <summary>What the child can do.</summary>
internal static unsafe class Roles
{
    private static readonly Dictionary<string, Action> All = new()
    {
        ["fault-without-guard"] = FaultWithoutGuard,
        ["fault-with-guard"] = FaultWithGuard,
        ["fault-over-default"] = FaultOverDefault,
        ["sent-over-default"] = SentOverDefault,
        ["ignored"] = Ignored,
        ["overflow-without-guard"] = () => Overflow(0),
        ["overflow-with-guard"] = OverflowWithGuard,
        ["forbidden-by-switch"] = ForbiddenBySwitch,
        ["forbidden-by-system"] = ForbiddenBySystem,
        ["little-address-space"] = LittleAddressSpace,
    };

    public static IEnumerable<string> Names => All.Keys;

    public static Action? Find(string name) => All.GetValueOrDefault(name);

    private static void FaultWithoutGuard()
    {
        using var memory = new Memory();
        memory.FaultOutside();
    }

    private static void FaultWithGuard()
    {
        using var memory = new Memory();
        RecoverOneFault(memory);
        memory.FaultOutside();
    }

    private static void FaultOverDefault()
    {
        using var memory = new Memory();
        SetHandler(Libc.SIGBUS, Libc.SIG_DFL);
        RecoverOneFault(memory);
        memory.FaultOutside();
    }

    private static void SentOverDefault()
    {
        using var memory = new Memory();
        SetHandler(Libc.SIGBUS, Libc.SIG_DFL);
        RecoverOneFault(memory);
        SendBusErrorToSelf();
    }

    // An ignored signal that somebody sends stays ignored; a fault cannot be.
    private static void Ignored()
    {
        using var memory = new Memory();
        SetHandler(Libc.SIGBUS, Libc.SIG_IGN);
        RecoverOneFault(memory);
        SendBusErrorToSelf();
        RecoverOneFault(memory);
        memory.FaultOutside();
    }

    private static void OverflowWithGuard()
    {
        using var memory = new Memory();
        RecoverOneFault(memory);
        Overflow(0);
    }

    private static int Overflow(int depth) => depth < 0 ? depth : Overflow(depth + 1) + Overflow(depth + 2);

    private static void ForbiddenBySwitch()
    {
        AppContext.SetSwitch(MmioSupport.ForbidExecutablePagesSwitch, true);
        CheckUnguarded(MmioSupport.ForbidExecutablePagesSwitch);
    }

    private static void RecoverOneFault(Memory memory)
    {
        using var window = memory.Open();
        memory.Resize(0);
        UnexpectedException.Unless(window.Read32(8) == uint.MaxValue && window.FaultCount == 1, "a fault of the window is recovered");
        memory.Resize(4096);
    }

    private static void CheckUnguarded(string reason)
    {
        UnexpectedException.Unless(!MmioSupport.IsGuarded && MmioSupport.HasLoadStore, "loads and stores are there, unguarded");
        UnexpectedException.Unless(MmioSupport.Description.Contains(reason, StringComparison.Ordinal), $"'{MmioSupport.Description}' names {reason}");
        using var memory = new Memory();
        using (var window = memory.Open())
        {
            window.Write8(1, 0x81);
            window.Write16(2, 0x8382);
            window.Write32(4, 0x87868584);
            window.Write64(8, 0x8f8e8d8c8b8a8988);
            UnexpectedException.Unless(
                window.Read8(1) == 0x81 && window.Read16(2) == 0x8382 && window.Read32(4) == 0x87868584 && window.Read64(8) == 0x8f8e8d8c8b8a8988,
                "each width reads back");
        }

        for (var round = 0; round < 200; round++)
            DisposeUnderAccess(memory);
    }

    private static void DisposeUnderAccess(Memory memory)
    {
        var window = memory.Open();
        using var started = new Barrier(3);
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            started.SignalAndWait();
            try
            {
                for (; ; )
                    window.Write32(16, window.Read32(16) + 1);
            }
            catch (ObjectDisposedException)
            {
                // This is how it has to end.
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        started.SignalAndWait();
        window.Dispose();
        foreach (var thread in threads)
            thread.Join();
    }

    // The filter holds for its own thread alone. The JIT works there too, so the runtime has to run with DOTNET_EnableWriteXorExecute=0:
    // then the only page that goes from writable to executable is the library's.
    private static void ForbiddenBySystem()
    {
        var thread = new Thread(() =>
        {
            ExecutablePageFilter.Install();
            _ = MmioSupport.IsGuarded;
        });
        thread.Start();
        thread.Join();
        CheckUnguarded(nameof(Errno.EACCES));
    }

    // Disposed mappings keep their addresses until they are collected. Where that is what the next one lacks, it has to come to it.
    private static void LittleAddressSpace()
    {
        const int AddressSpace = 9;
        const ulong MappingLength = 1ul << 30;
        using var memory = new Memory();
        memory.Resize((int)(MappingLength >> 1));
        var used = ulong.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[0], CultureInfo.InvariantCulture) * (ulong)Environment.SystemPageSize;
        var limit = stackalloc ulong[2] { used + (4 * MappingLength), used + (4 * MappingLength) };
        if (setrlimit(AddressSpace, limit) != 0)
            throw new VfioException("limit the address space", null, Libc.LastErrno);
        for (var i = 0; i < 40; i++)
            memory.Map(MappingLength).Dispose();
    }

    private static void SetHandler(int signal, nuint handler)
    {
        var action = new Libc.SignalAction { Handler = handler };
        if (Libc.SetSignalAction(signal, &action, null) != 0)
            throw new VfioException("set a signal's action", null, Libc.LastErrno);
    }

    private static void SendBusErrorToSelf()
    {
        if (kill(Environment.ProcessId, Libc.SIGBUS) != 0)
            throw new VfioException("send a signal", null, Libc.LastErrno);

        // Any thread may be the one to take it.
        Thread.Sleep(100);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);

    [DllImport("libc", SetLastError = true)]
    private static extern int setrlimit(int resource, ulong* limit);
}
