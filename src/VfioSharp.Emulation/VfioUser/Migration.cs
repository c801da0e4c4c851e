using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// The state of a function on its way out or in: VFIO_USER_MIG_DATA_READ and VFIO_USER_MIG_DATA_WRITE, and the states between which a client
/// moves the device, as libvfio-user has them (lib/migration.c). A function's state is made as a whole when it is stopped: there is nothing to
/// read of it before.
/// </summary>
internal sealed class Migration(PciFunction function, FunctionGate gate, DoorbellWatch doorbells, VfioUserServerOptions options)
{
    private readonly StateBytes _state = new();
    private int _read;
    private int _largestTransfer = (int)VfioUserDefaults.MaxDataTransferInBytes;

    /// <summary>Whether the function can be moved.</summary>
    public bool IsPossible => function.IsMigratable;

    /// <summary>Where the device is.</summary>
    public MigrationState State { get; private set; } = MigrationState.Running;

    /// <summary>Says how many bytes of data a message may carry, either way: what both sides take.</summary>
    public void LimitDataTransfer(int lengthInBytes) => _largestTransfer = lengthInBytes;

    /// <summary>
    /// Moves the device to a state, through those between. Where a step fails the device stays where the steps before have brought it.
    /// </summary>
    /// <returns>
    /// EINVAL where no way leads there, or the state that was taken in is none of this function; EBUSY while the function's work waits for the
    /// client; EIO where the function failed.
    /// </returns>
    public Errno SetState(uint target)
    {
        while (State != (MigrationState)target)
        {
            var next = MigrationPath.GetNext(State, (MigrationState)target);
            if (next == MigrationState.Error)
                return Errno.EINVAL;
            var errno = Step(next);
            if (errno != Errno.None)
                return errno;
        }

        return Errno.None;
    }

    /// <summary>Lets the device run, as a reset does.</summary>
    public void Restart()
    {
        Enter(MigrationState.Running);
        _state.Clear();
    }

    /// <summary>Whether a command may be given in this state: a device that is stopped shows its registers and its state (lib/libvfio-user.c, should_exec_command).</summary>
    public bool Allows(VfioUserCommand command) => State switch
    {
        MigrationState.Stop => command is VfioUserCommand.RegionRead or VfioUserCommand.RegionWrite or VfioUserCommand.RegionWriteMulti
            or VfioUserCommand.DeviceFeature or VfioUserCommand.MigrationDataRead,
        MigrationState.StopCopy => command is VfioUserCommand.DeviceFeature or VfioUserCommand.MigrationDataRead,
        _ => true,
    };

    /// <summary>Gives a part of the state; nothing at its end.</summary>
    public Errno Read(MessageReceiver request, Reply reply)
    {
        if (!TryGetHead(request, out var head) || State is not (MigrationState.PreCopy or MigrationState.StopCopy))
            return Errno.EINVAL;
        var part = _state.Written[_read..];
        part = part[..(int)Math.Min((uint)part.Length, head.Size)];
        var payload = reply.MakePayload(MigrationDataMessage.SizeInBytes + part.Length);
        MemoryMarshal.Write(payload, new MigrationDataMessage
        {
            ArgumentSize = (uint)(MigrationDataMessage.SizeInBytes + part.Length),
            Size = (uint)part.Length,
        });
        part.CopyTo(payload[MigrationDataMessage.SizeInBytes..]);
        _read += part.Length;
        return Errno.None;
    }

    /// <summary>Takes a part of a state.</summary>
    /// <returns>ENOSPC where all parts together are longer than a state may be.</returns>
    public Errno Write(MessageReceiver request)
    {
        if (!TryGetHead(request, out var head) || State != MigrationState.Resuming)
            return Errno.EINVAL;
        var data = request.Payload[MigrationDataMessage.SizeInBytes..];
        if ((uint)data.Length < head.Size)
            return Errno.EINVAL;
        if (head.Size > (uint)(options.MaxMigrationStateInBytes - _state.Written.Length))
            return Errno.ENOSPC;
        _state.Append(data[..(int)head.Size]);
        return Errno.None;
    }

    private bool TryGetHead(MessageReceiver request, out MigrationDataMessage head)
    {
        head = default;
        if (!IsPossible || request.Payload.Length < MigrationDataMessage.SizeInBytes)
            return false;
        head = MemoryMarshal.Read<MigrationDataMessage>(request.Payload);
        return head.Size <= (uint)_largestTransfer && head.ArgumentSize >= MigrationDataMessage.SizeInBytes + head.Size;
    }

    private Errno Step(MigrationState next)
    {
        // Its work cannot be saved while it is in the midst of it.
        if (next is MigrationState.Stop or MigrationState.StopCopy && gate.IsWorking)
            return Errno.EBUSY;
        // What was rung before the device stops is a part of its state.
        if (State is MigrationState.Running or MigrationState.PreCopy)
            doorbells.Ring();
        switch (next)
        {
            case MigrationState.Stop when State == MigrationState.Resuming && !_state.Written.IsEmpty:
                try
                {
                    function.LoadState(_state.Written);
                }
                catch (InvalidDataException)
                {
                    // The function is as it was, and another state may be sent.
                    _state.Clear();
                    return Errno.EINVAL;
                }

                break;
            case MigrationState.StopCopy:
                Save();
                break;
        }

        if (next != MigrationState.StopCopy)
            _state.Clear();
        Enter(next);
        return Errno.None;
    }

    private void Save()
    {
        _state.Clear();
        try
        {
            function.SaveState(_state);
        }
        catch
        {
            // The state before may be one in which data are read, and half of a state is none.
            _state.Clear();
            throw;
        }
    }

    private void Enter(MigrationState state)
    {
        _read = 0;
        State = state;
        gate.IsStopped = state is not (MigrationState.Running or MigrationState.PreCopy);
    }
}
