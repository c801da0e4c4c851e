namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>The commands of vfio-user by the specification's numbers (docs/interop/vfio-user.rst, "Commands"). 14 was DIRTY_PAGES and is retired.</summary>
internal enum VfioUserCommand : ushort
{
    /// <summary>Agrees on a version and on capabilities; the first message of a connection.</summary>
    Version = 1,
    /// <summary>Gives the server memory that the device may reach.</summary>
    DmaMap = 2,
    /// <summary>Takes it back.</summary>
    DmaUnmap = 3,
    /// <summary>Describes the device.</summary>
    DeviceGetInfo = 4,
    /// <summary>Describes a region.</summary>
    DeviceGetRegionInfo = 5,
    /// <summary>Asks for descriptors through which parts of a region are reached without a message.</summary>
    DeviceGetRegionIoFds = 6,
    /// <summary>Describes an interrupt index.</summary>
    DeviceGetIrqInfo = 7,
    /// <summary>Connects, masks, unmasks or fires interrupts.</summary>
    DeviceSetIrqs = 8,
    /// <summary>Reads a region.</summary>
    RegionRead = 9,
    /// <summary>Writes a region.</summary>
    RegionWrite = 10,
    /// <summary>Reads the client's memory; sent by the server.</summary>
    DmaRead = 11,
    /// <summary>Writes the client's memory; sent by the server.</summary>
    DmaWrite = 12,
    /// <summary>Resets the device.</summary>
    DeviceReset = 13,
    /// <summary>Writes several registers of up to 8 bytes.</summary>
    RegionWriteMulti = 15,
    /// <summary>Asks for, reads or writes a feature (dirty page logging, migration).</summary>
    DeviceFeature = 16,
    /// <summary>Reads the device's state.</summary>
    MigrationDataRead = 17,
    /// <summary>Writes the device's state.</summary>
    MigrationDataWrite = 18,
}
