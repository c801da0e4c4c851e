using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>SMART / Health Information (NVMe Base 2.0, 5.16.1.3, figure 207).</summary>
/// <remarks>To be used by reference, over the bytes that came or go: <c>ref MemoryMarshal.AsRef&lt;SmartLog&gt;(bytes)</c>.</remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct SmartLog
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 512;

    /// <summary>Bits: 0 spare, 1 temperature, 2 reliability, 3 read-only, 4 volatile memory backup, 5 persistent memory.</summary>
    [FieldOffset(0)]
    public byte CriticalWarning;

    /// <summary>Composite Temperature.</summary>
    [FieldOffset(1)]
    public Le16 TemperatureInKelvin;

    /// <summary>Available Spare.</summary>
    [FieldOffset(3)]
    public byte AvailableSparePercent;

    /// <summary>Available Spare Threshold.</summary>
    [FieldOffset(4)]
    public byte AvailableSpareThresholdPercent;

    /// <summary>Percentage Used; can be more than 100.</summary>
    [FieldOffset(5)]
    public byte PercentageUsed;

    /// <summary>Endurance Group Critical Warning Summary.</summary>
    [FieldOffset(6)]
    public byte EnduranceGroupWarning;

    /// <summary>Data Units Read: thousands of 512 bytes, rounded up.</summary>
    [FieldOffset(32)]
    public Le128 DataUnitsRead;

    /// <summary>Data Units Written: thousands of 512 bytes, rounded up.</summary>
    [FieldOffset(48)]
    public Le128 DataUnitsWritten;

    /// <summary>Host Read Commands.</summary>
    [FieldOffset(64)]
    public Le128 HostReadCommands;

    /// <summary>Host Write Commands.</summary>
    [FieldOffset(80)]
    public Le128 HostWriteCommands;

    /// <summary>Controller Busy Time.</summary>
    [FieldOffset(96)]
    public Le128 BusyTimeInMinutes;

    /// <summary>Power Cycles.</summary>
    [FieldOffset(112)]
    public Le128 PowerCycles;

    /// <summary>Power On Hours.</summary>
    [FieldOffset(128)]
    public Le128 PowerOnHours;

    /// <summary>Unsafe Shutdowns.</summary>
    [FieldOffset(144)]
    public Le128 UnsafeShutdowns;

    /// <summary>Media and Data Integrity Errors.</summary>
    [FieldOffset(160)]
    public Le128 MediaErrors;

    /// <summary>Number of Error Information Log Entries.</summary>
    [FieldOffset(176)]
    public Le128 ErrorLogEntries;

    /// <summary>Warning Composite Temperature Time.</summary>
    [FieldOffset(192)]
    public Le32 WarningTemperatureTimeInMinutes;

    /// <summary>Critical Composite Temperature Time.</summary>
    [FieldOffset(196)]
    public Le32 CriticalTemperatureTimeInMinutes;

    [FieldOffset(200)]
    private Le16 _temperatureSensorsInKelvin;

    /// <summary>Thermal Management Temperature 1 Transition Count.</summary>
    [FieldOffset(216)]
    public Le32 ThermalTransitions1;

    /// <summary>Thermal Management Temperature 2 Transition Count.</summary>
    [FieldOffset(220)]
    public Le32 ThermalTransitions2;

    /// <summary>Total Time For Thermal Management Temperature 1.</summary>
    [FieldOffset(224)]
    public Le32 ThermalTime1InSeconds;

    /// <summary>Total Time For Thermal Management Temperature 2.</summary>
    [FieldOffset(228)]
    public Le32 ThermalTime2InSeconds;

    /// <summary>Temperature Sensor 1 to 8; 0 where there is none.</summary>
    [UnscopedRef]
    public Span<Le16> TemperatureSensorsInKelvin => MemoryMarshal.CreateSpan(ref _temperatureSensorsInKelvin, 8);
}
