using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

// Which command goes where.
internal sealed partial class ClientConnection
{
    private Errno Dispatch(VfioUserCommand command) => command switch
    {
        VfioUserCommand.DmaMap => _dmaCommands.Map(_receiver),
        VfioUserCommand.DmaUnmap => _dmaCommands.Unmap(_receiver, _reply),
        VfioUserCommand.DeviceGetInfo => DeviceCommands.GetInfo(_receiver, _reply),
        VfioUserCommand.DeviceGetRegionInfo => _deviceCommands.GetRegionInfo(_receiver, _reply),
        VfioUserCommand.DeviceGetRegionIoFds => _ioFdCommand.Handle(_receiver, _reply),
        VfioUserCommand.DeviceGetIrqInfo => _interruptCommands.GetInfo(_receiver, _reply),
        VfioUserCommand.DeviceSetIrqs => _interruptCommands.Set(_receiver),
        VfioUserCommand.RegionRead => _regionCommands.Read(_receiver, _reply),
        VfioUserCommand.RegionWrite => _regionCommands.Write(_receiver, _reply),
        VfioUserCommand.RegionWriteMulti => _regionCommands.WriteMulti(_receiver, _reply),
        VfioUserCommand.DeviceReset => Reset(),
        VfioUserCommand.DeviceFeature => _featureCommands.Handle(_receiver, _reply),
        VfioUserCommand.MigrationDataRead => _migration.Read(_receiver, _reply),
        VfioUserCommand.MigrationDataWrite => _migration.Write(_receiver),
        _ => Errno.EINVAL,
    };

    private Errno Reset()
    {
        _migration.Restart();
        _served.Function.Reset();
        return Errno.None;
    }
}
