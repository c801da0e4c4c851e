namespace VfioSharp.Backends;

/// <summary>Features that a device may have (include/uapi/linux/vfio.h, VFIO_DEVICE_FEATURE_*).</summary>
public enum DeviceFeature
{
    /// <summary>Set the token that a physical function's driver and a virtual function's driver share.</summary>
    PciVfToken = 0,
    /// <summary>Migration: which states the device knows.</summary>
    Migration = 1,
    /// <summary>Migration: read or set the device's state.</summary>
    MigrationDeviceState = 2,
    /// <summary>Let the platform put the device into a low-power state.</summary>
    LowPowerEntry = 3,
    /// <summary>The same, with an eventfd that fires when the device wakes.</summary>
    LowPowerEntryWithWakeup = 4,
    /// <summary>Leave the low-power state.</summary>
    LowPowerExit = 5,
    /// <summary>Start to log which pages the device writes.</summary>
    DmaLoggingStart = 6,
    /// <summary>Stop the log.</summary>
    DmaLoggingStop = 7,
    /// <summary>Read and clear the log.</summary>
    DmaLoggingReport = 8,
    /// <summary>How much data a migration has to move.</summary>
    MigrationDataSize = 9,
    /// <summary>Bus mastering of a device on a bus other than PCI.</summary>
    BusMaster = 10,
    /// <summary>A dma-buf of a region.</summary>
    DmaBuf = 11,
}

/// <summary>What is done with a feature.</summary>
[Flags]
public enum DeviceFeatureOperations
{
    /// <summary>Read it.</summary>
    Get = 1,
    /// <summary>Write it.</summary>
    Set = 2,
}
