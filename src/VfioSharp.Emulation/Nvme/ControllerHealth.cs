using System.Diagnostics;
using VfioSharp.Emulation.Nvme.Io;
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

    /// <summary>Counts time in which commands were executed.</summary>
    /// <param name="since">When they began, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    /// <param name="weight">For how many times as long as this it stands.</param>
    public void CountBusy(long since, uint weight) => _busyTicks += (Stopwatch.GetTimestamp() - since) * weight;

    /// <summary>Writes the log page.</summary>
    public void Describe(ref SmartLog log, byte criticalWarning, ulong errors, IoCounts moved)
    {
        log.CriticalWarning = criticalWarning;
        log.TemperatureInKelvin = TemperatureInKelvin;
        log.AvailableSparePercent = 100;
        log.AvailableSpareThresholdPercent = 10;
        log.DataUnitsRead.Low = InUnits(moved.BytesRead);
        log.DataUnitsWritten.Low = InUnits(moved.BytesWritten);
        log.HostReadCommands.Low = moved.ReadCommands;
        log.HostWriteCommands.Low = moved.WriteCommands;
        log.BusyTimeInMinutes.Low = (ulong)(_busyTicks / Stopwatch.Frequency / 60);
        log.PowerCycles.Low = 1;
        log.PowerOnHours.Low = (ulong)Stopwatch.GetElapsedTime(_madeAt).TotalHours;
        log.MediaErrors.Low = moved.MediaErrors;
        log.ErrorLogEntries.Low = errors;
    }

    private static ulong InUnits(ulong lengthInBytes) => lengthInBytes / DataUnitInBytes + (lengthInBytes % DataUnitInBytes != 0 ? 1ul : 0);
}
