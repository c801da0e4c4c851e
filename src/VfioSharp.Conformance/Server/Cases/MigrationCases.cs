using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>Migration: the states of a device, and what is read and written of it.</summary>
internal static class MigrationCases
{
    private const VfioUserCommand Read = VfioUserCommand.MigrationDataRead;
    private const VfioUserCommand Write = VfioUserCommand.MigrationDataWrite;
    private const ulong CommandRegister = 0x04;
    private const string Transitions = "Direct State Transitions";

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("migration", "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE", "migration");
        var need = DeviceNeed.Migration;
        group.Must("get_state", "a device that nobody stopped runs", trial => _ = new MigrationPeer(trial), need, "migration_get_state");
        group.Must(
            "direct_transitions", "each transition of the specification's list is done",
            Direct, need, "migration_shortest_state_transition_paths", Transitions);
        group.Must(
            "combined_transitions", "transitions that need several steps are done as well",
            Combined, need, "migration_shortest_state_transition_paths", "Complex State Transitions");
        group.Must("same_state", "the state that the device is in can be asked for", trial => new MigrationPeer(trial).Go(StateRunning), need);
        group.Must("stop_copy_to_pre_copy_rejected", "STOP_COPY to PRE_COPY is refused", trial =>
        {
            var device = new MigrationPeer(trial).Go(StateStopCopy);
            device.GoRefused(StatePreCopy);
            Expect.Equal(StateStopCopy, device.State, "the state after the refusal");
        }, DeviceNeed.PreCopy, "migration_stop_copy_to_pre_copy_rejected", Transitions);
        group.Must(
            "nonexistent_state", "a state that does not exist is refused",
            trial => new MigrationPeer(trial).GoRefused(0xabcd), need, "migration_nonexistent_state");
        group.Must("error_state", "ERROR cannot be asked for", trial => new MigrationPeer(trial).GoRefused(StateError), need, of: Transitions);
        group.Must("p2p_states", "the states of P2P, which vfio-user does not use, are refused", trial =>
        {
            var device = new MigrationPeer(trial);
            device.GoRefused(StateRunningP2P);
            device.GoRefused(StatePreCopyP2P);
        }, need);
        group.Must(
            "read_valid_states", "state can be read in STOP_COPY, and in PRE_COPY where there is one",
            ReadValid, need, "handle_mig_data_read", "VFIO_USER_MIG_DATA_READ");
        group.Must(
            "read_invalid_states", "state cannot be read while the device runs, is stopped or resumes",
            ReadInvalid, need, "handle_mig_data_read", "VFIO_USER_MIG_DATA_READ");
        group.Must(
            "read_too_long", "a read of more than the client's max_data_xfer_size is refused",
            ReadTooLong, need, "handle_mig_data_read_too_long", "VFIO_USER_MIG_DATA_READ");
        group.Must(
            "read_short_write", "a read that ends within the fixed part is refused",
            trial => new MigrationPeer(trial).Go(StateStopCopy).Peer.Refuse(Read, Requests.MigrationRead(64).AsSpan(0, 7), Errno.EINVAL),
            need, "handle_mig_data_read_short_write", "VFIO_USER_MIG_DATA_READ");
        group.Must(
            "read_bad_argsz", "a read whose argsz is too small for its size is refused",
            trial => new MigrationPeer(trial).Go(StateStopCopy).Peer.Refuse(Read, Requests.MigrationRead(64, 8), Errno.EINVAL),
            need, of: "VFIO_USER_MIG_DATA_READ");
        group.Must(
            "write_invalid_state", "state cannot be written while the device runs",
            trial => new MigrationPeer(trial).Peer.Refuse(Write, Requests.MigrationWrite([1, 2, 3, 4]), Errno.EINVAL),
            need, "handle_mig_data_write_invalid_state", "VFIO_USER_MIG_DATA_WRITE");
        group.Must(
            "write_short_write", "a write with less data than its size is refused",
            trial => new MigrationPeer(trial).Go(StateResuming).Peer.Refuse(Write, Requests.MigrationWrite(default, 4, 12), Errno.EINVAL),
            need, "handle_mig_data_write_short_write", "VFIO_USER_MIG_DATA_WRITE");
        group.Must(
            "write_too_long", "a write that says more than max_data_xfer_size is refused",
            WriteTooLong, need, "handle_mig_data_write_too_long", "VFIO_USER_MIG_DATA_WRITE");
        group.Must(
            "round_trip", "what was saved can be restored, and the device runs with its registers as they were",
            RoundTrip, need, "handle_mig_data_write", "VFIO_USER_MIG_DATA_WRITE");
        group.Must(
            "round_trip_small_pieces", "state may be read and written in small pieces",
            RoundTripSmallPieces, need, of: "VFIO_USER_MIG_DATA_READ");
        group.Must("bad_data", "state that is none does no harm: RESUMING to STOP may fail", BadData, need, of: Transitions);
        group.Must("reset_runs", "a device that was stopped runs after a reset", trial =>
        {
            var device = new MigrationPeer(trial).Go(StateStop);
            if (device.Peer.Ask(VfioUserCommand.DeviceReset, default).Header.IsError)
                throw new CaseSkippedException("the server resets no device that is stopped");
            Expect.Equal(StateRunning, device.State, "the state after a reset");
        }, need, of: "VFIO_USER_DEVICE_RESET");
        return group.Cases;
    }

    private static void Direct(ServerTrial trial)
    {
        var device = new MigrationPeer(trial);
        device.Go(StateStop).Go(StateRunning).Go(StateStop).Go(StateStopCopy).Go(StateStop).Go(StateResuming);
        // Ending a transfer of nothing may be an error, as an incomplete one is.
        if (device.Peer.Ask(VfioUserCommand.DeviceFeature, Requests.MigrationState(StateStop)).Header.IsError)
            trial.Remark("RESUMING to STOP without data is refused, by others it is done.");
        if ((trial.Device.MigrationFlags & MigrationPreCopy) == 0)
            return;
        device.Recover();
        device.Go(StatePreCopy).Go(StateRunning).Go(StatePreCopy).Go(StateStopCopy).Go(StateStop).Go(StateRunning);
    }

    private static void Combined(ServerTrial trial)
    {
        var device = new MigrationPeer(trial);
        device.Go(StateStopCopy).Go(StateRunning).Go(StateResuming);
        if (device.Peer.Ask(VfioUserCommand.DeviceFeature, Requests.MigrationState(StateRunning)).Header.IsError)
            trial.Remark("RESUMING to RUNNING without data is refused, by others it is done.");
    }

    private static void ReadValid(ServerTrial trial)
    {
        var device = new MigrationPeer(trial).Go(StateStopCopy);
        var reply = device.Peer.Accept(Read, Requests.MigrationRead(64));
        Expect.Equal(8 + reply.U32(4), reply.U32(0), "argsz of the reply");
        if (reply.Payload.Length != 8 + (int)reply.U32(4))
            trial.Remark($"The reply has {reply.Payload.Length - 8} bytes of data, and says that there are {reply.U32(4)}.");
        if ((trial.Device.MigrationFlags & MigrationPreCopy) == 0)
            return;
        device.Go(StateRunning).Go(StatePreCopy);
        device.Peer.Accept(Read, Requests.MigrationRead(64));
    }

    private static void ReadInvalid(ServerTrial trial)
    {
        var device = new MigrationPeer(trial);
        device.Peer.Refuse(Read, Requests.MigrationRead(64), Errno.EINVAL);
        device.Go(StateStop).Peer.Refuse(Read, Requests.MigrationRead(64), Errno.EINVAL);
        device.Go(StateResuming).Peer.Refuse(Read, Requests.MigrationRead(64), Errno.EINVAL);
    }

    private static void ReadTooLong(ServerTrial trial) =>
        new MigrationPeer(trial).Go(StateStopCopy).Peer.Refuse(Read, Requests.MigrationRead((uint)DefaultTransfer + 1), Errno.EINVAL);

    private static void WriteTooLong(ServerTrial trial)
    {
        var size = (uint)Math.Min(trial.Device.MaxTransfer + 1, uint.MaxValue - 8);
        new MigrationPeer(trial).Go(StateResuming).Peer.Refuse(Write, Requests.MigrationWrite(new byte[4], size, size + 8), Errno.EINVAL);
    }

    private static void RoundTrip(ServerTrial trial) => RoundTrip(trial, DefaultTransfer);

    private static void RoundTripSmallPieces(ServerTrial trial) => RoundTrip(trial, 64);

    private static void RoundTrip(ServerTrial trial, uint chunkInBytes)
    {
        var device = new MigrationPeer(trial);
        SetCommand(device.Peer, 6);
        device.Go(StateStopCopy);
        var saved = device.ReadAll(chunkInBytes);
        device.Go(StateRunning);
        SetCommand(device.Peer, 0);
        device.Go(StateResuming);
        device.WriteAll(saved, (int)Math.Min(chunkInBytes, trial.Device.MaxTransfer));
        device.Go(StateStop).Go(StateRunning);
        var command = device.Peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(ConfigRegion, CommandRegister, 1)).OfLength(17).Payload[16];
        if ((command & 6) != 6)
            trial.Remark("The configuration space is no part of the state: the command register is as it was before the restore.");
        device.Go(StateStopCopy);
        Expect.Equal((ulong)saved.Length, (ulong)device.ReadAll(chunkInBytes).Length, "the length of the state after it was restored");
    }

    private static void SetCommand(Conversation peer, byte value) =>
        peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(ConfigRegion, CommandRegister, [value, 0]));

    private static void BadData(ServerTrial trial)
    {
        var device = new MigrationPeer(trial).Go(StateResuming);
        var junk = new byte[256];
        new Random(1).NextBytes(junk);
        device.Peer.Ask(Write, Requests.MigrationWrite(junk));
        var reply = device.Peer.Ask(VfioUserCommand.DeviceFeature, Requests.MigrationState(StateStop));
        if (reply.Header.IsError)
            Expect.That(device.State is StateError or StateResuming or StateStop, $"the state after the refusal is {device.State}.");
        device.Peer.Ask(VfioUserCommand.DeviceReset, default);
    }
}
