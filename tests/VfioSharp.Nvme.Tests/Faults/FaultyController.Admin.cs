using System.Buffers.Binary;
using VfioSharp.Emulation;

namespace VfioSharp.Nvme.Tests.Faults;

// The admin commands (NVMe Base 2.0, 5).
internal sealed partial class FaultyController
{
    private const byte DeleteSubmissionQueue = 0x00;
    private const byte CreateSubmissionQueue = 0x01;
    private const byte GetLogPage = 0x02;
    private const byte DeleteCompletionQueue = 0x04;
    private const byte CreateCompletionQueue = 0x05;
    private const byte IdentifyOpcode = 0x06;
    private const byte AbortOpcode = 0x08;
    private const byte SetFeatures = 0x09;
    private const byte GetFeatures = 0x0a;
    private const byte AsynchronousEvent = 0x0c;
    private const uint NumberOfQueues = 0x07;
    private const int PageSizeInBytes = 4096;
    private const ushort InvalidOpcode = 0x0001;
    private const ushort InvalidField = 0x0002;
    private const ushort InvalidNamespace = 0x000b;

    private readonly List<FaultyCommand> _events = [];

    /// <summary>What Abort does.</summary>
    public AbortManner Abort { get; set; }

    /// <summary>Changes 4096 bytes of identify data before they are sent, by their kind (CNS); null for no change.</summary>
    public Action<byte, byte[]>? ChangeIdentify { get; set; }

    private (ushort Status, uint Result)? ExecuteAdmin(FunctionHost host, FaultyCommand command)
    {
        switch (command.Opcode)
        {
            case IdentifyOpcode:
                return Identify(host, command);
            case CreateCompletionQueue:
                return (CreateCompletions(command), 0);
            case CreateSubmissionQueue:
                return (CreateSubmissions(command), 0);
            case DeleteSubmissionQueue:
                // What was fetched from it and is held goes with it.
                _held.RemoveAll(held => held.Queue.Id == (ushort)command.Dword(10));
                return (_submissions.Remove((ushort)command.Dword(10)) ? (ushort)0 : InvalidQueueId, 0);
            case DeleteCompletionQueue:
                return (_completions.Remove((ushort)command.Dword(10)) ? (ushort)0 : InvalidQueueId, 0);
            case AbortOpcode:
                return AbortHeld(host, command);
            case SetFeatures or GetFeatures when (command.Dword(10) & 0xff) == NumberOfQueues:
                return (0, (MaxQueues - 1) << 16 | (MaxQueues - 1));
            case SetFeatures or GetFeatures:
                return (0, 0);
            case GetLogPage:
                var length = (int)((command.Dword(10) >> 16) + 1) * sizeof(uint);
                return (length <= 2 * PageSizeInBytes && TryMove(host, command, MakeLog((byte)command.Dword(10), length), toHost: true) ? (ushort)0 : InvalidField, 0);
            case AsynchronousEvent:
                _events.Add(command);
                return null;
            default:
                return (InvalidOpcode, 0);
        }
    }

    private (ushort Status, uint Result)? AbortHeld(FunctionHost host, FaultyCommand command)
    {
        var queueId = (ushort)command.Dword(10);
        var commandId = (ushort)(command.Dword(10) >> 16);
        if (Abort == AbortManner.IsSilent)
            return null;
        var index = _held.FindIndex(held => held.Queue.Id == queueId && held.Id == commandId);
        if (Abort == AbortManner.Refuses || index < 0)
            return (0, 1);
        var aborted = _held[index];
        _held.RemoveAt(index);
        Complete(host, aborted, AbortRequested, 0, CompletionFault.None);
        return (0, 0);
    }

    private ushort CreateCompletions(FaultyCommand command)
    {
        var id = (ushort)command.Dword(10);
        if (id is 0 or > MaxQueues || _completions.ContainsKey(id))
            return InvalidQueueId;
        var vector = (command.Dword(11) & 2) != 0 ? (int?)(command.Dword(11) >> 16) : null;
        _completions[id] = new FaultyCompletionQueue(id, command.Prp1, (int)(command.Dword(10) >> 16) + 1, vector);
        return 0;
    }

    private ushort CreateSubmissions(FaultyCommand command)
    {
        var id = (ushort)command.Dword(10);
        if (id is 0 or > MaxQueues || _submissions.ContainsKey(id) || !_completions.TryGetValue((int)(command.Dword(11) >> 16), out var completions))
            return InvalidQueueId;
        _submissions[id] = new FaultySubmissionQueue(id, command.Prp1, (int)(command.Dword(10) >> 16) + 1, completions);
        return 0;
    }

    private (ushort Status, uint Result) Identify(FunctionHost host, FaultyCommand command)
    {
        var data = new byte[PageSizeInBytes];
        var kind = (byte)command.Dword(10);
        switch (kind)
        {
            case 0 when command.NamespaceId == 1:
                IdentifyNamespace(data);
                break;
            case 0 when command.NamespaceId is 0 or > 1:
                return (InvalidNamespace, 0);
            case 1:
                IdentifyController(data);
                break;
            case 2:
                BinaryPrimitives.WriteUInt32LittleEndian(data, command.NamespaceId == 0 ? 1u : 0);
                break;
            case 3:
                break;
            default:
                return (InvalidField, 0);
        }

        ChangeIdentify?.Invoke(kind, data);
        return (TryMove(host, command, data, toHost: true) ? (ushort)0 : InvalidField, 0);
    }

    // Figure 275: serial number, model, firmware; MDTS 5 for 128 KiB; version; abort and event limits; entry sizes; namespaces; what it can do.
    private static void IdentifyController(byte[] data)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(data, 0x1234);
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2), 0x1234);
        "FAULTY-1            "u8.CopyTo(data.AsSpan(4));
        "A controller that goes wrong            "u8.CopyTo(data.AsSpan(24));
        "0.1     "u8.CopyTo(data.AsSpan(64));
        data[77] = 5;
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(80), 0x0002_0000);
        data[111] = 1;
        data[258] = 3;
        data[259] = 3;
        data[512] = 0x66;
        data[513] = 0x44;
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(516), 1);
        // Compare, dataset management, write zeroes.
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(520), 0xd);
        data[525] = 1;
    }

    // NVM Command Set 1.0, figure 97: size, capacity, use, and one format of 512 bytes.
    private static void IdentifyNamespace(byte[] data)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(data, SizeInBlocks);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(8), SizeInBlocks);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16), SizeInBlocks);
        data[128 + 2] = 9;
    }
}
