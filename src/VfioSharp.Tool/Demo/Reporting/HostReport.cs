using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Demo.Reporting;

/// <summary>
/// What meets a driver of a function on a modelled IBM Z: first what a program gets that goes to BAR 0 by itself, then what the library makes of
/// it. Each of the answers is "ok", the name of an error number or a signal; null where the question does not arise.
/// </summary>
/// <param name="Host">The host.</param>
/// <param name="Function">The function.</param>
/// <param name="Mmap">mmap(2) of BAR 0.</param>
/// <param name="Load">An ordinary load from the mapping.</param>
/// <param name="Pread">pread(2) of a register.</param>
/// <param name="Path">The path that the library takes.</param>
/// <param name="Reason">Why.</param>
/// <param name="RuledOut">The faster paths, and why not.</param>
/// <param name="Read">A register's read through the library.</param>
/// <param name="Value">What it answered.</param>
/// <param name="FarStore">A block store at 1 TiB, where BAR 0 reaches so far.</param>
/// <param name="Disk">A block that the NVMe driver wrote and read back, where the function is a disk.</param>
internal sealed record HostReport(
    string Host,
    string Function,
    string Mmap,
    string? Load,
    string Pread,
    string Path,
    string Reason,
    IReadOnlyList<RuledOutReport> RuledOut,
    string? Read,
    ulong? Value,
    string? FarStore,
    string? Disk);
