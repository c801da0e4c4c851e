using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// What the device is, its interrupts, its features and its migration.
internal sealed partial class ConversationGenerator
{
    private const uint RegionCount = 9;
    private const uint IrqIndexCount = 5;
    private const uint MsixIndex = 2;
    private const uint DataBool = 1 << 1;

    // enum vfio_device_mig_state of include/uapi/linux/vfio.h.
    private const uint MigrationStop = 1;
    private const uint MigrationRunning = 2;
    private const uint MigrationStopCopy = 3;
    private const uint MigrationResuming = 4;

    private void LookAround()
    {
        Send(VfioUserCommand.DeviceGetInfo, new Payload().Add(new DeviceInfoMessage { ArgumentSize = DeviceInfoMessage.SizeInBytes }));
        for (var index = 0u; index < RegionCount; index++)
            Send(VfioUserCommand.DeviceGetRegionInfo, new Payload().Add(new VfioRegionInfo { ArgumentSize = _dice.Pick(32u, 80u, 4064u), Index = index }));
        for (var index = 0u; index < IrqIndexCount; index++)
            Send(VfioUserCommand.DeviceGetIrqInfo, new Payload().Add(new VfioIrqInfo { ArgumentSize = 16, Index = index }));
    }

    private void SetIrqs()
    {
        var index = _dice.OneIn(2) ? MsixIndex : (uint)_dice.Below((int)IrqIndexCount);
        var action = _dice.Pick(VfioIrqSet.ActionTrigger, VfioIrqSet.ActionTrigger, VfioIrqSet.ActionMask, VfioIrqSet.ActionUnmask);
        var start = (uint)_dice.Below(3);
        var count = (uint)_dice.Below(4);
        var data = _dice.Pick(VfioIrqSet.DataNone, DataBool, VfioIrqSet.DataEventFd, VfioIrqSet.DataEventFd);
        var payload = new Payload().Add(new VfioIrqSet
        {
            ArgumentSize = 20 + (data == DataBool ? count : 0),
            Flags = data | action,
            Index = index,
            Start = start,
            Count = count,
        });
        if (data == DataBool)
            payload.Add(_dice.Bytes((int)count));
        var fds = new FdKind[data == VfioIrqSet.DataEventFd && !_dice.OneIn(4) ? count : 0];
        Array.Fill(fds, FdKind.EventFd);
        Send(VfioUserCommand.DeviceSetIrqs, payload, false, fds);
    }

    private void GetRegionIoFds() =>
        Send(VfioUserCommand.DeviceGetRegionIoFds, new Payload().Add(new RegionIoFdsMessage
        {
            ArgumentSize = RegionIoFdsMessage.SizeInBytes + (uint)_dice.Below(8) * SubRegionMessage.SizeInBytes,
            Index = (uint)_dice.Below((int)RegionCount),
        }));

    private void UseFeature()
    {
        var feature = (DeviceFeatures)_dice.Below(12);
        var operation = _dice.Pick(VfioDeviceFeature.Get, VfioDeviceFeature.Set, VfioDeviceFeature.Probe, VfioDeviceFeature.Probe | VfioDeviceFeature.Get);
        var data = new Payload();
        switch (feature)
        {
            case DeviceFeatures.Migration:
                data.U64(0);
                break;
            case DeviceFeatures.MigrationDeviceState:
                data.U32((uint)_dice.Below(8)).U32(uint.MaxValue);
                break;
            case DeviceFeatures.DmaLoggingStart:
                StartOfLog(data);
                break;
            case DeviceFeatures.DmaLoggingReport:
                data.U64(PickAddress()).U64((ulong)_dice.Between(1, 64) << 12).U64(4096);
                break;
        }

        if (operation == VfioDeviceFeature.Probe)
            data = new Payload();
        Send(VfioUserCommand.DeviceFeature, new Payload()
            .Add(new VfioDeviceFeature { ArgumentSize = _dice.Pick(8u + (uint)data.Bytes.Length, 4096u), Flags = operation | (uint)feature })
            .Add(data.Bytes));
    }

    private void StartOfLog(Payload data)
    {
        var ranges = _dice.Between(1, 3);
        data.U64(4096).U32((uint)ranges).U32(0);
        for (var i = 0; i < ranges; i++)
            data.U64(PickAddress()).U64((ulong)_dice.Between(1, 256) << 12);
    }

    private void MoveMigrationData()
    {
        var size = _dice.Pick(0, 8, 64, 4096);
        if (_dice.OneIn(2))
            Send(
                VfioUserCommand.MigrationDataRead,
                new Payload().Add(new MigrationDataMessage { ArgumentSize = MigrationDataMessage.SizeInBytes + (uint)size, Size = (uint)size }));
        else
            Send(
                VfioUserCommand.MigrationDataWrite,
                new Payload().Add(new MigrationDataMessage { ArgumentSize = MigrationDataMessage.SizeInBytes + (uint)size, Size = (uint)size }).Add(_dice.Bytes(size)));
    }

    // Saves the device's state in pieces, and loads what is nearly, or not at all, a state.
    private void Migrate()
    {
        SetMigrationState(MigrationStopCopy);
        for (var piece = _dice.Between(1, 5); piece > 0; piece--)
            Send(
                VfioUserCommand.MigrationDataRead,
                new Payload().Add(new MigrationDataMessage { ArgumentSize = MigrationDataMessage.SizeInBytes + 4096, Size = 4096 }));
        SetMigrationState(MigrationStop);
        SetMigrationState(MigrationResuming);
        for (var piece = _dice.Below(4); piece > 0; piece--)
            MoveMigrationData();
        SetMigrationState(MigrationStop);
        SetMigrationState(MigrationRunning);
    }

    private void SetMigrationState(uint state) => Send(VfioUserCommand.DeviceFeature, new Payload()
        .Add(new VfioDeviceFeature { ArgumentSize = 16, Flags = VfioDeviceFeature.Set | (uint)DeviceFeatures.MigrationDeviceState }).U32(state).U32(uint.MaxValue));

    /// <summary>Those of include/uapi/linux/vfio.h, VFIO_DEVICE_FEATURE_*, that have data.</summary>
    private enum DeviceFeatures : uint
    {
        Migration = 1,
        MigrationDeviceState = 2,
        DmaLoggingStart = 6,
        DmaLoggingReport = 8,
    }
}
