using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// Features, the log of dirty pages, and migration.
internal sealed partial class ConversationGenerator
{
    private const uint PageInBytes = 4096;

    // enum vfio_device_mig_state of include/uapi/linux/vfio.h.
    private const uint MigrationStop = 1;
    private const uint MigrationRunning = 2;
    private const uint MigrationStopCopy = 3;
    private const uint MigrationResuming = 4;
    private const uint MigrationPreCopy = 6;

    /// <summary>Those of include/uapi/linux/vfio.h, VFIO_DEVICE_FEATURE_*, that have data, or end something that has.</summary>
    private enum DeviceFeatures : uint
    {
        Migration = 1,
        MigrationDeviceState = 2,
        DmaLoggingStart = 6,
        DmaLoggingStop = 7,
        DmaLoggingReport = 8,
    }

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
                data.U64(PickAddress()).U64((ulong)_dice.Between(1, 64) * PageInBytes).U64(PageInBytes);
                break;
        }

        if (operation == VfioDeviceFeature.Probe)
            data = new Payload();
        Feature(operation, feature, data, _dice.Pick(8u + (uint)data.Bytes.Length, 4096u));
    }

    // Memory that the device may write, is driven to write, and is asked about or taken back.
    private void LogDirtyPages()
    {
        Feature(VfioDeviceFeature.Set, DeviceFeatures.DmaLoggingStart, StartOfLog(new Payload()));
        var slot = PickSlot();
        MapMemory(slot);
        Drive();
        var pageSize = _dice.Pick(PageInBytes, PageInBytes, 512u, 0x10000u);
        var bits = (SlotLengthInBytes + pageSize - 1) / pageSize;
        var bitmapLength = (bits + 63) / 64 * sizeof(ulong);
        if (_dice.OneIn(2))
        {
            var report = new Payload().U64(slot * SlotLengthInBytes).U64(SlotLengthInBytes).U64(pageSize);
            Feature(VfioDeviceFeature.Get, DeviceFeatures.DmaLoggingReport, report, 32u + (uint)bitmapLength);
        }

        var unmap = new DmaUnmapMessage
        {
            ArgumentSize = DmaUnmapMessage.SizeInBytes + DirtyBitmapMessage.SizeInBytes + (uint)bitmapLength,
            Flags = DmaUnmapMessage.FlagGetDirty,
            Address = slot * SlotLengthInBytes,
            Size = SlotLengthInBytes,
        };
        if (!_dice.OneIn(4))
            Send(VfioUserCommand.DmaUnmap, new Payload().Add(unmap).Add(new DirtyBitmapMessage { PageSize = pageSize, Size = bitmapLength }));
        if (_dice.OneIn(4))
            Feature(VfioDeviceFeature.Set, DeviceFeatures.DmaLoggingStop, new Payload());
    }

    private Payload StartOfLog(Payload data)
    {
        var ranges = _dice.Below(3);
        data.U64(PageInBytes).U32((uint)ranges).U32(0);
        for (var i = 0; i < ranges; i++)
            data.U64(PickAddress()).U64((ulong)_dice.Between(1, 256) * PageInBytes);
        return data;
    }

    private void MoveMigrationData(bool reads, ulong? changeOfSavedState = null)
    {
        var size = _dice.Pick(0, 8, 64, 4096);
        var payload = new Payload().Add(new MigrationDataMessage { ArgumentSize = MigrationDataMessage.SizeInBytes + (uint)size, Size = (uint)size });
        if (reads)
        {
            Send(VfioUserCommand.MigrationDataRead, payload);
            return;
        }

        payload.Add(_dice.Bytes(size));
        _conversation.Messages.Add(
            new FuzzMessage(VfioUserHeader.ForCommand(++_messageId, VfioUserCommand.MigrationDataWrite, payload.Bytes.Length), payload.Bytes)
            {
                ChangeOfSavedState = changeOfSavedState,
            });
    }

    // Saves the device's state in pieces, and loads it again, or what is nearly, or not at all, a state.
    private void Migrate()
    {
        if (_dice.OneIn(2))
        {
            if (_dice.OneIn(3))
                SetMigrationState(MigrationPreCopy);
            SetMigrationState(MigrationStopCopy);
            for (var piece = _dice.Between(1, 5); piece > 0; piece--)
            {
                Send(
                    VfioUserCommand.MigrationDataRead,
                    new Payload().Add(new MigrationDataMessage { ArgumentSize = MigrationDataMessage.SizeInBytes + 0x4000, Size = 0x4000 }));
            }

            SetMigrationState(MigrationStop);
        }

        SetMigrationState(MigrationResuming);
        if (_dice.OneIn(4))
            MoveMigrationData(reads: false);
        if (!_dice.OneIn(4))
            MoveMigrationData(reads: false, changeOfSavedState: _dice.OneIn(3) ? 0 : _dice.Next());
        SetMigrationState(MigrationStop);
        SetMigrationState(MigrationRunning);
    }

    private void SetMigrationState(uint state) =>
        Feature(VfioDeviceFeature.Set, DeviceFeatures.MigrationDeviceState, new Payload().U32(state).U32(uint.MaxValue));

    private void Feature(uint operation, DeviceFeatures feature, Payload data, uint? argumentSize = null) =>
        Send(VfioUserCommand.DeviceFeature, new Payload()
            .Add(new VfioDeviceFeature { ArgumentSize = argumentSize ?? 8 + (uint)data.Bytes.Length, Flags = operation | (uint)feature })
            .Add(data.Bytes));
}
