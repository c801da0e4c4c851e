using System.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// What SMART / Health Information tells of a controller since it was made, which is its power-on (NVMe Base 2.0, 5.16.1.3). One thread counts at
/// a time.
/// </summary>
internal sealed class ControllerHealth
{
    /// <summary>WCTEMP: from here on the controller calls itself warm; the threshold after a reset.</summary>
    public const ushort WarningTemperatureInKelvin = 343;

    /// <summary>CCTEMP.</summary>
    public const ushort CriticalTemperatureInKelvin = 373;

    private const ulong DataUnitInBytes = 512_000;

    private readonly long _madeAt = Stopwatch.GetTimestamp();
    private int _temperatureInKelvin = 308;
    private long _busyTicks;

    /// <summary>Composite Temperature. May be set from any thread.</summary>
    public ushort TemperatureInKelvin
    {
        get => (ushort)Volatile.Read(ref _temperatureInKelvin);
        set => Volatile.Write(ref _temperatureInKelvin, value);
    }

    /// <summary>Commands that read.</summary>
    public ulong ReadCommands { get; private set; }

    /// <summary>Commands that wrote.</summary>
    public ulong WriteCommands { get; private set; }

    /// <summary>How much commands have read.</summary>
    public ulong BytesRead { get; private set; }

    /// <summary>How much commands have written.</summary>
    public ulong BytesWritten { get; private set; }

    /// <summary>Errors of the images.</summary>
    public ulong MediaErrors { get; private set; }

    /// <summary>Counts a command that has read.</summary>
    public void CountRead(ulong lengthInBytes)
    {
        ReadCommands++;
        BytesRead += lengthInBytes;
    }

    /// <summary>Counts a command that has written.</summary>
    public void CountWrite(ulong lengthInBytes)
    {
        WriteCommands++;
        BytesWritten += lengthInBytes;
    }

    /// <summary>Counts an error of an image.</summary>
    public void CountMediaError() => MediaErrors++;

    /// <summary>Counts time in which commands were executed.</summary>
    /// <param name="since">When they began, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    public void CountBusy(long since) => _busyTicks += Stopwatch.GetTimestamp() - since;

    /// <summary>Writes the log page.</summary>
    public void Describe(ref SmartLog log, byte criticalWarning, ulong errors)
    {
        log.CriticalWarning = criticalWarning;
        log.TemperatureInKelvin = TemperatureInKelvin;
        log.AvailableSparePercent = 100;
        log.AvailableSpareThresholdPercent = 10;
        log.DataUnitsRead.Low = InUnits(BytesRead);
        log.DataUnitsWritten.Low = InUnits(BytesWritten);
        log.HostReadCommands.Low = ReadCommands;
        log.HostWriteCommands.Low = WriteCommands;
        log.BusyTimeInMinutes.Low = (ulong)(_busyTicks / Stopwatch.Frequency / 60);
        log.PowerCycles.Low = 1;
        log.PowerOnHours.Low = (ulong)Stopwatch.GetElapsedTime(_madeAt).TotalHours;
        log.MediaErrors.Low = MediaErrors;
        log.ErrorLogEntries.Low = errors;
    }

    private static ulong InUnits(ulong lengthInBytes) => lengthInBytes / DataUnitInBytes + (lengthInBytes % DataUnitInBytes != 0 ? 1ul : 0);
}
