using System.Buffers.Binary;

namespace VfioSharp.Emulation.Functions;

// drivers/s390/net/ism.h: the command codes, and the union of request and answer of each.
public sealed partial class IsmFunction
{
    private const int HeaderLengthInBytes = 8;
    private const ushort Done = 0;

    // The driver tells success from failure and no more, except that 0xffff stands for "no answer"; 1 is a choice of this file.
    private const ushort Refused = 1;

    // Tokens lie above the 24 bits of offset and signal and the 8 of the mask's index, and end below the BAR's 48.
    private const ulong FirstToken = 1ul << 32;
    private const int MaximumBuffers = 1920;
    private const uint MaximumBufferLengthInBytes = 1 << 23;

    private readonly byte[] _area = new byte[CommandAreaLengthInBytes];
    private readonly Dictionary<ulong, SharedBuffer> _buffers = [];
    private readonly ulong _gid;
    private ulong _summaryArea;
    private ulong _eventQueue;
    private ulong _eventQueueLength;
    private ulong _nextToken = FirstToken;
    private bool _isCommandPending;

    private enum IsmCommand : uint
    {
        RegisterSummaryArea = 0x01,
        RegisterEventQueue = 0x02,
        ReadGid = 0x03,
        AddVlanId = 0x04,
        DeleteVlanId = 0x05,
        SetVlanRequired = 0x06,
        ResetVlanRequired = 0x07,
        QueryInfo = 0x08,
        QueryRemoteGid = 0x09,
        RegisterBuffer = 0x0a,
        UnregisterBuffer = 0x0b,
        UnregisterSummaryArea = 0x11,
        UnregisterEventQueue = 0x12,
    }

    private void TakeCommand(int offset, ReadOnlySpan<byte> source)
    {
        if (source.Length > CommandAreaLengthInBytes - offset || offset + source.Length > MovesNoted)
            return;
        // The header of the next command is the end of the one before.
        if (offset == 0)
            ExecutePending();
        source.CopyTo(_area.AsSpan(offset));
        if (offset != 0 || source.Length < HeaderLengthInBytes)
            return;
        _isCommandPending = true;
        if (_form == IsmStoreForm.Block)
            ExecutePending();
    }

    private void ExecutePending()
    {
        if (!_isCommandPending)
            return;
        _isCommandPending = false;
        Execute((IsmCommand)BinaryPrimitives.ReadUInt32BigEndian(_area));
    }

    private void Execute(IsmCommand command)
    {
        switch (command)
        {
            case IsmCommand.RegisterSummaryArea:
                _summaryArea = Parameter64(0);
                Answer(Done, 0);
                break;
            case IsmCommand.RegisterEventQueue:
                (_eventQueue, _eventQueueLength) = (Parameter64(0), Parameter64(8));
                Answer(Done, 0);
                break;
            case IsmCommand.UnregisterSummaryArea:
                _summaryArea = 0;
                Answer(Done, 0);
                break;
            case IsmCommand.UnregisterEventQueue:
                (_eventQueue, _eventQueueLength) = (0, 0);
                Answer(Done, 0);
                break;
            case IsmCommand.ReadGid:
                Put64(0, _gid);
                Answer(Done, sizeof(ulong));
                break;
            case IsmCommand.QueryRemoteGid:
                // Looped back: nobody but itself is there.
                Answer(Parameter64(0) == _gid ? Done : Refused, 0);
                break;
            case IsmCommand.QueryInfo:
                AnswerInfo();
                break;
            case IsmCommand.RegisterBuffer:
                Register();
                break;
            case IsmCommand.UnregisterBuffer:
                Answer(_buffers.Remove(Parameter64(0)) ? Done : Refused, 0);
                break;
            case IsmCommand.AddVlanId or IsmCommand.DeleteVlanId or IsmCommand.SetVlanRequired or IsmCommand.ResetVlanRequired:
                // Looped back, every VLAN reaches every buffer.
                Answer(Done, 0);
                break;
            default:
                Answer(Refused, 0);
                break;
        }
    }

    // union ism_reg_dmb: address, length, index in the summary area, VLAN, remote GID.
    private void Register()
    {
        var address = Parameter64(0);
        var length = Parameter32(8);
        var index = Parameter32(12);
        if (length == 0 || length > MaximumBufferLengthInBytes || index >= MaximumBuffers || _buffers.Count == MaximumBuffers)
        {
            Answer(Refused, 0);
            return;
        }

        var token = _nextToken;
        _nextToken += FirstToken;
        if (_nextToken >= 1ul << 48)
            _nextToken = FirstToken;
        if (!_buffers.TryAdd(token, new SharedBuffer(address, length, index)))
        {
            Answer(Refused, 0);
            return;
        }

        Put64(0, token);
        Answer(Done, sizeof(ulong));
    }

    // union ism_qi, up to the list of VLANs, of which there are none.
    private void AnswerInfo()
    {
        const int LengthInBytes = 0xc0;
        _area.AsSpan(HeaderLengthInBytes, LengthInBytes).Clear();
        Put32(0, 1);
        Put32(4, HeaderLengthInBytes + LengthInBytes);
        Put64(16, _gid);
        Put64(24, _summaryArea);
        Put64(32, _eventQueue);
        Put32(40, (uint)_eventQueueLength);
        Put32(48, MaximumBuffers);
        Put32(52, (uint)_buffers.Count);
        Answer(Done, LengthInBytes);
    }

    private void Answer(ushort code, int lengthInBytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_area.AsSpan(4), code);
        BinaryPrimitives.WriteUInt16BigEndian(_area.AsSpan(6), (ushort)(HeaderLengthInBytes + lengthInBytes));
    }

    private ulong Parameter64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_area.AsSpan(HeaderLengthInBytes + offset));

    private uint Parameter32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_area.AsSpan(HeaderLengthInBytes + offset));

    private void Put64(int offset, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(_area.AsSpan(HeaderLengthInBytes + offset), value);

    private void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(_area.AsSpan(HeaderLengthInBytes + offset), value);

    private readonly record struct SharedBuffer(ulong Iova, uint LengthInBytes, uint SummaryIndex);
}
