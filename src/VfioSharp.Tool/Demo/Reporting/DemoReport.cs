using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Benchmarking;

namespace VfioSharp.Tool.Demo.Reporting;

/// <summary>What came of the demonstration, act by act; null where it did not get so far.</summary>
/// <param name="Function">The function that was served.</param>
internal sealed record DemoReport(string Function)
{
    /// <summary>Whether every act was performed, and everything that it claims was seen.</summary>
    public bool Succeeded => Failure is null;

    /// <summary>The act that failed.</summary>
    public FailureReport? Failure { get; init; }

    /// <summary>How long it all took.</summary>
    public double Seconds { get; init; }

    /// <summary>The function's process.</summary>
    public ServeReport? Serve { get; init; }

    /// <summary>The function, opened.</summary>
    public OpenReport? Open { get; init; }

    /// <summary>What a read costs on each path.</summary>
    public BenchReport? Reads { get; init; }

    /// <summary>Data moved by the function.</summary>
    public DmaReport? Dma { get; init; }

    /// <summary>Interrupts taken.</summary>
    public InterruptReport? Interrupt { get; init; }

    /// <summary>What the driver met when the process was killed.</summary>
    public LossReport? Loss { get; init; }

    /// <summary>The function, served and opened again.</summary>
    public RecoveryReport? Recovery { get; init; }

    /// <summary>The same kind of function, and ISM, on modelled hosts.</summary>
    public IReadOnlyList<HostReport>? Hosts { get; init; }
}

/// <summary>An act that failed.</summary>
/// <param name="Act">Its name.</param>
/// <param name="Reason">Why.</param>
internal sealed record FailureReport(string Act, string Reason);

/// <summary>A process that serves a function.</summary>
/// <param name="Command">The command that it runs.</param>
/// <param name="ProcessId">Its number.</param>
/// <param name="Socket">Where it listens.</param>
/// <param name="MillisecondsToReady">How long it took until it was ready.</param>
internal sealed record ServeReport(string Command, int ProcessId, string Socket, double MillisecondsToReady);

/// <summary>A function that was opened.</summary>
/// <param name="Device">Its address.</param>
/// <param name="Vendor">The vendor's number.</param>
/// <param name="DeviceId">The device's.</param>
/// <param name="MillisecondsToOpen">How long it took to open it.</param>
/// <param name="Identity">What its identity register has.</param>
/// <param name="Plans">How its registers are reached.</param>
internal sealed record OpenReport(string Device, int Vendor, int DeviceId, double MillisecondsToOpen, uint Identity, IReadOnlyList<PlanReport> Plans);

/// <summary>How a part of a region is reached.</summary>
/// <param name="Region">The region.</param>
/// <param name="Offset">Where the part begins.</param>
/// <param name="LengthInBytes">How long it is.</param>
/// <param name="Path">The path.</param>
/// <param name="Reason">Why this one.</param>
/// <param name="RuledOut">The faster ones, and why not.</param>
internal sealed record PlanReport(string Region, ulong Offset, ulong LengthInBytes, string Path, string Reason, IReadOnlyList<RuledOutReport> RuledOut);

/// <summary>Data that the function moved by DMA; each byte was compared.</summary>
/// <param name="LengthInBytes">How much it took out of this process's memory into what it shares, and put back elsewhere.</param>
/// <param name="Iova">Where it found it.</param>
/// <param name="MicrosecondsIn">How long it took to take it.</param>
/// <param name="MicrosecondsOut">How long it took to put it back.</param>
/// <param name="CopiedInBytes">How much it copied within this process's memory.</param>
/// <param name="MicrosecondsToCopy">How long that took.</param>
internal sealed record DmaReport(
    int LengthInBytes, ulong Iova, double MicrosecondsIn, double MicrosecondsOut, int CopiedInBytes, double MicrosecondsToCopy);

/// <summary>Interrupts that were asked for and taken: from the register write to the thread that waited for it.</summary>
/// <param name="Name">The kind.</param>
/// <param name="Vector">The vector.</param>
/// <param name="Count">How many.</param>
/// <param name="MedianMicroseconds">The median.</param>
/// <param name="MinMicroseconds">The shortest.</param>
/// <param name="MaxMicroseconds">The longest.</param>
internal sealed record InterruptReport(
    string Name, int Vector, int Count, double MedianMicroseconds, double MinMicroseconds, double MaxMicroseconds);

/// <summary>What threads met that were reading when the process was killed.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Threads">One thread on each path.</param>
internal sealed record LossReport(int ProcessId, IReadOnlyList<LossOnPathReport> Threads);

/// <summary>What the reader on one path met.</summary>
/// <param name="Path">The path.</param>
/// <param name="Reads">How many reads it had made.</param>
/// <param name="Milliseconds">How long it took from the signal to the exception.</param>
/// <param name="Exception">The exception's name.</param>
/// <param name="Message">What it says.</param>
internal sealed record LossOnPathReport(string Path, long Reads, double Milliseconds, string Exception, string Message);

/// <summary>The function, served and opened again.</summary>
/// <param name="ProcessId">The new process.</param>
/// <param name="MillisecondsToReady">How long it took until it was ready.</param>
/// <param name="MillisecondsToOpen">How long it took then to open the function.</param>
/// <param name="Identity">What its identity register has.</param>
internal sealed record RecoveryReport(int ProcessId, double MillisecondsToReady, double MillisecondsToOpen, uint Identity);
