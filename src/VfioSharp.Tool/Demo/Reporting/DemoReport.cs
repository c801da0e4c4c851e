using VfioSharp.Tool.Nvme.Benchmarking;
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

    /// <summary>The controller, in the driver's hands.</summary>
    public IdentityReport? Identify { get; init; }

    /// <summary>Data written and read back.</summary>
    public DataReport? Data { get; init; }

    /// <summary>How many blocks are read a second where both sides look for work, one at a time and many.</summary>
    public IReadOnlyList<NvmeBenchReport>? Speed { get; init; }

    /// <summary>How many where each completion is an interrupt.</summary>
    public NvmeBenchReport? Interrupt { get; init; }

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
internal sealed record PlanReport(
    string Region, ulong Offset, ulong LengthInBytes, string Path, string Reason, IReadOnlyList<RuledOutReport> RuledOut);

/// <summary>A controller that the driver has initialised.</summary>
/// <param name="Model">Its model.</param>
/// <param name="SerialNumber">Its serial number.</param>
/// <param name="Version">The version of NVMe that it follows.</param>
/// <param name="QueuePairs">How many I/O queue pairs it granted.</param>
/// <param name="MaxTransferInBytes">The most that a command moves.</param>
/// <param name="Namespace">Its namespace's number.</param>
/// <param name="SizeInBytes">How large that is.</param>
/// <param name="BlockSizeInBytes">How large its blocks are.</param>
/// <param name="Milliseconds">How long the driver took.</param>
internal sealed record IdentityReport(
    string Model, string SerialNumber, string Version, int QueuePairs, int MaxTransferInBytes, uint Namespace, long SizeInBytes, int BlockSizeInBytes,
    double Milliseconds);

/// <summary>Random data that was written, flushed and read back, and was the same.</summary>
/// <param name="FirstLba">The first block.</param>
/// <param name="LengthInBytes">How much.</param>
/// <param name="Sha256">Its SHA-256.</param>
/// <param name="MillisecondsToWrite">How long writing and flushing took.</param>
/// <param name="MillisecondsToRead">How long reading took, and computing the checksum.</param>
internal sealed record DataReport(ulong FirstLba, int LengthInBytes, string Sha256, double MillisecondsToWrite, double MillisecondsToRead);

/// <summary>What threads met that were reading when the process was killed.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Threads">One thread on each path to registers, and one that reads the disk.</param>
internal sealed record LossReport(int ProcessId, IReadOnlyList<LossOnPathReport> Threads);

/// <summary>What the reader on one path met.</summary>
/// <param name="Path">The path, or "Nvme" for commands to the disk.</param>
/// <param name="Reads">How many reads it had made.</param>
/// <param name="Milliseconds">How long it took from the signal to the exception.</param>
/// <param name="Exception">The exception's name.</param>
/// <param name="Message">What it says.</param>
internal sealed record LossOnPathReport(string Path, long Reads, double Milliseconds, string Exception, string Message);

/// <summary>The disk, served and opened again, with what was on it.</summary>
/// <param name="ProcessId">The new process.</param>
/// <param name="MillisecondsToReady">How long it took until it was ready.</param>
/// <param name="MillisecondsToOpen">How long it took then until the driver had it.</param>
/// <param name="Identity">What its identity register has.</param>
/// <param name="Sha256">The SHA-256 of the data, which is the same as before.</param>
internal sealed record RecoveryReport(int ProcessId, double MillisecondsToReady, double MillisecondsToOpen, uint Identity, string Sha256);
