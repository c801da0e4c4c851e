using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// What the device is, its interrupts, and the doorbells that it takes as events.
internal sealed partial class ConversationGenerator
{
    private const uint RegionCount = 9;
    private const uint IrqIndexCount = 5;
    private const uint MsiIndex = 1;
    private const uint MsixIndex = 2;
    private const uint DataBool = 1 << 1;

    private void LookAround()
    {
        Send(VfioUserCommand.DeviceGetInfo, new Payload().Add(new DeviceInfoMessage { ArgumentSize = DeviceInfoMessage.SizeInBytes }));
        for (var index = 0u; index < RegionCount; index++)
            Send(VfioUserCommand.DeviceGetRegionInfo, new Payload().Add(new VfioRegionInfo { ArgumentSize = _dice.Pick(32u, 80u, 4064u), Index = index }));
        for (var index = 0u; index < IrqIndexCount; index++)
            Send(VfioUserCommand.DeviceGetIrqInfo, new Payload().Add(new VfioIrqInfo { ArgumentSize = 16, Index = index }));
    }

    // Connected and fired, or whatever else there is.
    private void SetIrqs()
    {
        var index = _dice.OneIn(3) ? (uint)_dice.Below((int)IrqIndexCount) : _dice.Pick(MsiIndex, MsixIndex, MsixIndex);
        if (_dice.OneIn(2))
        {
            var kind = _dice.Pick(FdKind.EventFd, FdKind.EventFd, FdKind.FullEventFd);
            var many = _dice.OneIn(2) ? 1 : _dice.Between(1, 8);
            SetIrqs(index, VfioIrqSet.DataEventFd | VfioIrqSet.ActionTrigger, 0, (uint)many, Enumerable.Repeat(kind, many).ToArray());
            for (var i = _dice.Below(4); i > 0; i--)
            {
                var next = _dice.Pick(VfioIrqSet.ActionTrigger, VfioIrqSet.ActionMask, VfioIrqSet.ActionUnmask);
                SetIrqs(index, VfioIrqSet.DataNone | next, 0, (uint)_dice.Between(1, many), []);
            }

            if (_dice.OneIn(3))
                SetIrqs(index, VfioIrqSet.DataNone | VfioIrqSet.ActionTrigger, 0, 0, []);
            return;
        }

        var action = _dice.Pick(VfioIrqSet.ActionTrigger, VfioIrqSet.ActionTrigger, VfioIrqSet.ActionMask, VfioIrqSet.ActionUnmask);
        var count = _dice.Below(4);
        var data = _dice.Pick(VfioIrqSet.DataNone, DataBool, VfioIrqSet.DataEventFd, VfioIrqSet.DataEventFd);
        var fds = new FdKind[data == VfioIrqSet.DataEventFd && !_dice.OneIn(4) ? count : 0];
        Array.Fill(fds, FdKind.EventFd);
        SetIrqs(index, data | action, (uint)_dice.Below(3), (uint)count, fds);
    }

    private void SetIrqs(uint index, uint flags, uint start, uint count, FdKind[] fds)
    {
        var hasBools = (flags & DataBool) != 0;
        var payload = new Payload().Add(new VfioIrqSet
        {
            ArgumentSize = 20 + (hasBools ? count : 0),
            Flags = flags,
            Index = index,
            Start = start,
            Count = count,
        });
        for (var i = 0u; hasBools && i < count; i++)
            payload.Add((byte)_dice.Below(2));
        Send(VfioUserCommand.DeviceSetIrqs, payload, false, fds);
    }

    // Asks for the events of doorbells and uses them, with values in the memory that came with them.
    private void UseDoorbells()
    {
        var region = _function.Driver == DriverKind.Nic ? 2u : PickRegion();
        Send(VfioUserCommand.DeviceGetRegionIoFds, new Payload().Add(new RegionIoFdsMessage
        {
            ArgumentSize = RegionIoFdsMessage.SizeInBytes + (uint)_dice.Pick(0, 4, 64, 200) * SubRegionMessage.SizeInBytes,
            Index = region,
        }));
        if (_dice.OneIn(2))
            Drive();
        for (var i = _dice.Between(1, 4); i > 0; i--)
        {
            var value = _dice.OneIn(4) ? _dice.Awkward() : (ulong)_dice.Below(9);
            if (_dice.OneIn(2))
                _deeds.Add(new Deed(DeedKind.ScribbleShared, _dice.Below(32) << 3, BitConverter.GetBytes(value)));
            _deeds.Add(new Deed(_dice.OneIn(2) ? DeedKind.RingEvents : _dice.Pick(DeedKind.FillEvents, DeedKind.DrainEvents, DeedKind.MakeEventsBlock)));
            ReadRegion();
        }
    }
}
