using BenchmarkDotNet.Attributes;
using VfioSharp.Native;

namespace VfioSharp.Bench;

/// <summary>Single accesses to memory in the part of a BAR; the memory column proves that none of them allocates.</summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // BenchmarkDotNet calls Close.
public unsafe class RegisterBenchmarks
#pragma warning restore CA1001
{
    private Bar _bar = null!;

    [GlobalSetup]
    public void Open() => _bar = new Bar();

    [GlobalCleanup]
    public void Close() => _bar.Dispose();

    [Benchmark(Baseline = true)]
    public ulong RawVolatileRead() => Volatile.Read(ref *(ulong*)(_bar.Address + Bar.Register));

    [Benchmark]
    public ulong WindowRead64() => _bar.Window.Read64(Bar.Register);

    [Benchmark]
    public uint WindowRead32() => _bar.Window.Read32(Bar.Register);

    [Benchmark]
    public void WindowWrite32() => _bar.Window.Write32(Bar.Register, 0);

    [Benchmark]
    public ulong Pread()
    {
        ulong value;
        return Libc.pread(_bar.File, (byte*)&value, sizeof(ulong), Bar.Register) == sizeof(ulong)
            ? value
            : throw new VfioException("read the memfd", null, Libc.LastErrno);
    }
}
