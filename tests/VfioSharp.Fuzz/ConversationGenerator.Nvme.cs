using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Fuzz;

// A driver of an NVMe controller: queues in memory, with commands that are nearly right or not at all, and doorbells.
internal sealed partial class ConversationGenerator
{
    private const uint EntriesOfQueue = 16;
    private const ulong AdminSubmission = 0;
    private const ulong AdminCompletion = 0x1000;
    private const ulong IoSubmission = 0x2000;
    private const ulong IoCompletion = 0x3000;
    private const ulong ListOfPages = 0x4000;
    private const ulong FirstData = 0x5000;

    private static readonly byte[] AdminOpcodes = [.. Enum.GetValues<AdminOpcode>().Select(opcode => (byte)opcode)];
    private static readonly byte[] IoOpcodes = [.. Enum.GetValues<IoOpcode>().Select(opcode => (byte)opcode)];

    private static readonly byte[] ManyMeanings =
        [(byte)AdminOpcode.SetFeatures, (byte)AdminOpcode.GetFeatures, (byte)AdminOpcode.Identify, (byte)AdminOpcode.GetLogPage];

    private ulong _queues;

    private void DriveNvme()
    {
        _queues = PickSlot() * SlotLengthInBytes;
        MapMemory(_queues / SlotLengthInBytes, isShared: _dice.OneIn(2));
        FillMemory(_queues + ListOfPages, MakeListOfPages());
        Write32(0, NvmeRegister.Cc, 0);
        Write32(0, NvmeRegister.Aqa, _dice.OneIn(12) ? (uint)_dice.Next() : (EntriesOfQueue - 1) << 16 | (EntriesOfQueue - 1));
        Write64(0, NvmeRegister.Asq, _queues + AdminSubmission);
        Write64(0, NvmeRegister.Acq, _queues + AdminCompletion);
        // Entries of 64 and 16 bytes, and enabled.
        Write32(0, NvmeRegister.Cc, _dice.OneIn(12) ? (uint)_dice.Next() | 1 : 0x0046_0001);
        var tail = 0u;
        SubmitAdmin(ref tail, CreateQueue(AdminOpcode.CreateIoCompletionQueue, IoCompletion, 0x0000_0001));
        SubmitAdmin(ref tail, CreateQueue(AdminOpcode.CreateIoSubmissionQueue, IoSubmission, 0x0001_0001));
        for (var i = _dice.Below(8); i > 0; i--)
            SubmitAdmin(ref tail, MakeCommand(_dice.OneIn(2) ? _dice.Pick(AdminOpcodes) : _dice.Pick(ManyMeanings), isAdmin: true));
        var ioTail = 0u;
        for (var i = _dice.Between(1, 6); i > 0; i--)
        {
            Submit(_queues + IoSubmission, 1, ref ioTail, MakeCommand(_dice.Pick(IoOpcodes), isAdmin: false));
            if (_dice.OneIn(4))
                Ring(3, _dice.OneIn(8) ? (uint)_dice.Next() : ioTail);
        }

        if (_dice.OneIn(6))
            Write32(0, NvmeRegister.Cc, _dice.Pick(0u, 0x0046_4001u));
    }

    private void SubmitAdmin(ref uint tail, in SubmissionEntry command)
    {
        Submit(_queues + AdminSubmission, 0, ref tail, command);
        if (_dice.OneIn(2))
            Ring(1, tail);
    }

    private void Submit(ulong queue, uint number, ref uint tail, in SubmissionEntry command)
    {
        FillMemory(queue + tail * SubmissionEntry.SizeInBytes, MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionEntry>(in command)));
        tail = (tail + 1) % EntriesOfQueue;
        Ring(2 * number, _dice.OneIn(16) ? (uint)_dice.Awkward() : tail);
    }

    // By a message, or where the doorbells lie in memory that the server shares.
    private void Ring(uint doorbell, uint value)
    {
        var offset = NvmeRegister.FirstDoorbell + 4 * doorbell;
        if (_dice.OneIn(3))
            _deeds.Add(new Deed(DeedKind.ScribbleShared, (long)offset, BitConverter.GetBytes(value)));
        Write32(0, offset, value, isPosted: _dice.OneIn(2));
    }

    private SubmissionEntry CreateQueue(AdminOpcode opcode, ulong place, uint dword11) => new()
    {
        Opcode = (byte)opcode,
        CommandId = (ushort)_dice.Below(64),
        Prp1 = _queues + place,
        Dword10 = (EntriesOfQueue - 1) << 16 | 1,
        Dword11 = _dice.OneIn(12) ? (uint)_dice.Awkward() : dword11,
    };

    private SubmissionEntry MakeCommand(byte opcode, bool isAdmin)
    {
        const byte usesSgl = 0x40;

        var command = new SubmissionEntry
        {
            Opcode = _dice.OneIn(16) ? (byte)_dice.Next() : opcode,
            CommandId = (ushort)_dice.Below(64),
            NamespaceId = _dice.Pick(1u, 1u, 1u, 0u, uint.MaxValue),
            Prp1 = _dice.OneIn(8) ? _queues + ListOfPages : PickData(),
            Prp2 = _dice.OneIn(2) ? _queues + ListOfPages : PickData(),
            Dword10 = (uint)_dice.Below(0x800),
            Dword12 = (uint)_dice.Pick(0, 7, 15, 63),
        };
        if (isAdmin)
            PickSubject(ref command);
        if (_dice.OneIn(6))
        {
            command.Flags = usesSgl;
            command.Prp2 = PickSglLength();
        }

        if (_dice.OneIn(3))
            Spoil(ref command);
        return command;
    }

    // What the command is about: a feature, a structure, a log, a queue.
    private void PickSubject(ref SubmissionEntry command)
    {
        command.Dword11 = (uint)_dice.Pick(0, 1, 0x00030003, 0x1ff);
        command.Dword10 = (AdminOpcode)command.Opcode switch
        {
            AdminOpcode.SetFeatures or AdminOpcode.GetFeatures =>
                (uint)_dice.Pick<FeatureId>(Enum.GetValues<FeatureId>()) | (uint)_dice.Pick(0, 0, 0, 0x100, 0x300) | (uint)_dice.Below(2) << 31,
            AdminOpcode.Identify => (uint)_dice.Pick<IdentifyKind>(Enum.GetValues<IdentifyKind>()) | (uint)_dice.Below(3) << 16,
            AdminOpcode.GetLogPage => (uint)_dice.Pick<LogPageId>(Enum.GetValues<LogPageId>()) | (uint)_dice.Pick(0, 0x7f, 0x3ff) << 16,
            AdminOpcode.FirmwareCommit => (uint)_dice.Below(64),
            _ => (uint)_dice.Below(4) | (uint)_dice.Pick(0, 15, 0x3ff) << 16,
        };
    }

    private void Spoil(ref SubmissionEntry command)
    {
        var words = MemoryMarshal.Cast<SubmissionEntry, uint>(MemoryMarshal.CreateSpan(ref command, 1));
        for (var i = _dice.Between(1, 3); i > 0; i--)
            words[_dice.Between(1, words.Length - 1)] = (uint)_dice.Awkward();
    }

    private ulong PickData() => _queues + FirstData + (ulong)_dice.Below(16) * PageInBytes + (_dice.OneIn(4) ? (ulong)_dice.Pick(4, 0x200, 0xffc, 1) : 0);

    // The length of what an SGL's descriptor is of, and in the last byte what that is: data, nothing, another segment.
    private ulong PickSglLength() => _dice.Pick(16ul, 64ul, 512ul, 4096ul) | _dice.Pick(0x00ul, 0x00ul, 0x10ul, 0x20ul, 0x30ul, 0x40ul) << 56;

    // Of pages, or of an SGL's descriptors.
    private byte[] MakeListOfPages()
    {
        var pages = new Payload();
        var isSgl = _dice.OneIn(4);
        for (var i = 0; i < 32; i++)
            pages.U64(_dice.OneIn(8) ? _dice.Awkward() : isSgl && i % 2 != 0 ? PickSglLength() : PickData() & ~(ulong)(PageInBytes - 1));
        return pages.Bytes.ToArray();
    }
}
