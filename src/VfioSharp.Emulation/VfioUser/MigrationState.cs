namespace VfioSharp.Emulation.VfioUser;

/// <summary>The states of a device that can be moved (include/uapi/linux/vfio.h, enum vfio_device_mig_state), as far as they are used.</summary>
internal enum MigrationState : uint
{
    /// <summary>Nothing can be said of the device any more.</summary>
    Error = 0,
    /// <summary>It does nothing.</summary>
    Stop = 1,
    /// <summary>It runs.</summary>
    Running = 2,
    /// <summary>It does nothing, and its state can be read.</summary>
    StopCopy = 3,
    /// <summary>It does nothing, and takes a state.</summary>
    Resuming = 4,
    /// <summary>It runs, and what is ready of its state can be read.</summary>
    PreCopy = 6,
}

/// <summary>Which way leads from a state to another.</summary>
internal static class MigrationPath
{
    /// <summary>
    /// The next state on the shortest way, which does not lead through a state in which data are read (libvfio-user, lib/migration.c, next_state).
    /// </summary>
    /// <param name="from">Where the device is.</param>
    /// <param name="to">Where it is to go; another state.</param>
    /// <returns>The state; <see cref="MigrationState.Error"/> where no way leads there.</returns>
    public static MigrationState GetNext(MigrationState from, MigrationState to)
    {
        if (to is not (MigrationState.Stop or MigrationState.Running or MigrationState.StopCopy or MigrationState.Resuming or MigrationState.PreCopy))
            return MigrationState.Error;
        return from switch
        {
            MigrationState.Stop => to == MigrationState.PreCopy ? MigrationState.Running : to,
            MigrationState.Running => to == MigrationState.PreCopy ? MigrationState.PreCopy : MigrationState.Stop,
            MigrationState.StopCopy => to == MigrationState.PreCopy ? MigrationState.Error : MigrationState.Stop,
            MigrationState.Resuming => MigrationState.Stop,
            MigrationState.PreCopy => to == MigrationState.StopCopy ? MigrationState.StopCopy : MigrationState.Running,
            _ => MigrationState.Error,
        };
    }
}
