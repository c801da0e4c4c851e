using System.Buffers.Binary;
using VfioSharp.Emulation;

namespace VfioSharp.Nvme.Tests.Faults;

// Queues, the script of faults, and completions.
internal sealed partial class FaultyController
{
    private const ushort InvalidQueueId = 0x0101;
    private const ushort AbortRequested = 0x0007;
    private const ushort InternalErrorStatus = 0x0006;

    private readonly Dictionary<int, FaultySubmissionQueue> _submissions = [];
    private readonly Dictionary<int, FaultyCompletionQueue> _completions = [];
    private readonly List<ScriptedFault> _script = [];
    private readonly List<FaultyCommand> _held = [];
    private readonly Dictionary<(bool IsAdmin, byte Opcode), int> _seen = [];
    private bool _isReleased;

    /// <summary>How many commands are held.</summary>
    public int HeldCount
    {
        get
        {
            lock (_lock)
                return _held.Count;
        }
    }

    /// <summary>How many I/O queues the driver has made.</summary>
    public int QueueCount
    {
        get
        {
            lock (_lock)
                return _submissions.Count(queue => queue.Key != 0);
        }
    }

    /// <summary>Makes an I/O command of a kind go wrong.</summary>
    /// <param name="opcode">Of which kind.</param>
    /// <param name="fault">How.</param>
    /// <param name="times">How many of them.</param>
    /// <param name="after">How many of them are still to go well.</param>
    public void Meet(byte opcode, CompletionFault fault, int times = 1, int after = 0) => Add(new ScriptedFault(false, opcode, fault, times, after));

    /// <summary>The same for admin commands.</summary>
    public void MeetAdmin(byte opcode, CompletionFault fault, int times = 1, int after = 0) => Add(new ScriptedFault(true, opcode, fault, times, after));

    /// <summary>How many commands of a kind have come.</summary>
    public int Count(byte opcode, bool isAdmin = false)
    {
        lock (_lock)
            return _seen.GetValueOrDefault((isAdmin, opcode));
    }

    /// <summary>Lets what is held be moved and completed now.</summary>
    public void Release()
    {
        lock (_lock)
            _isReleased = true;
        RequestWork();
    }

    protected override void DoWork(FunctionHost host)
    {
        lock (_lock)
        {
            if (_isReleased)
            {
                _isReleased = false;
                var late = _held.ToArray();
                _held.Clear();
                foreach (var command in late)
                    Finish(host, command, CompletionFault.None);
            }

            while (FindWaiting() is { } queue)
                Fetch(host, queue);
            TellEvents(host);
        }
    }

    private FaultySubmissionQueue? FindWaiting() => IsGone || (Get32(StatusOffset) & Fatal) != 0
        ? null
        : _submissions.Values.FirstOrDefault(queue => queue.Head != queue.Tail);

    private void Fetch(FunctionHost host, FaultySubmissionQueue queue)
    {
        var entry = new byte[FaultyCommand.LengthInBytes];
        if (!host.ReadMemory(queue.Iova + (ulong)(queue.Head * entry.Length), entry))
        {
            Put32(StatusOffset, Get32(StatusOffset) | Fatal);
            return;
        }

        queue.Advance();
        var command = new FaultyCommand(queue, entry);
        _seen[(command.IsAdmin, command.Opcode)] = _seen.GetValueOrDefault((command.IsAdmin, command.Opcode)) + 1;
        Finish(host, command, TakeFault(command));
    }

    private void Finish(FunctionHost host, FaultyCommand command, CompletionFault fault)
    {
        switch (fault)
        {
            case CompletionFault.Hold:
                _held.Add(command);
                return;
            case CompletionFault.Fatal:
                Put32(StatusOffset, Get32(StatusOffset) | Fatal);
                return;
            case CompletionFault.Vanish:
                IsGone = true;
                return;
            case CompletionFault.InternalError:
                Complete(host, command, InternalErrorStatus, 0, fault);
                return;
        }

        if ((command.IsAdmin ? ExecuteAdmin(host, command) : Execute(host, command)) is not { } outcome)
            return;
        Complete(host, command, outcome.Status, outcome.Result, fault);
    }

    private void Complete(FunctionHost host, FaultyCommand command, ushort status, uint result, CompletionFault fault)
    {
        if (fault == CompletionFault.Drop)
            return;
        // 4.2.1: result, SQ head, SQ identifier, command identifier, phase and status.
        var queue = command.Queue.Completions;
        Span<byte> entry = stackalloc byte[16];
        entry.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(entry, result);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], (ushort)(fault == CompletionFault.HeadOutOfRange ? command.Queue.Entries + 3 : command.Queue.Head));
        BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], (ushort)(fault == CompletionFault.UnknownQueueId ? command.Queue.Id + 77 : command.Queue.Id));
        BinaryPrimitives.WriteUInt16LittleEndian(entry[12..], fault == CompletionFault.UnknownCommandId ? (ushort)0xfffe : command.Id);
        if (fault == CompletionFault.Garbage)
            entry.Fill(0xff);
        for (var i = fault == CompletionFault.Duplicate ? 2 : 1; i > 0; i--)
        {
            var phase = queue.Phase != (fault == CompletionFault.OldPhase) ? 1 : 0;
            if (fault != CompletionFault.Garbage)
                BinaryPrimitives.WriteUInt16LittleEndian(entry[14..], (ushort)(status << 1 | phase));
            host.WriteMemory(queue.Iova + (ulong)(queue.Tail * entry.Length), entry);
            queue.Advance();
        }

        if (queue.Vector is { } vector)
            host.SignalInterrupt(vector);
    }

    private CompletionFault TakeFault(FaultyCommand command)
    {
        var index = _script.FindIndex(fault => fault.IsAdmin == command.IsAdmin && fault.Opcode == command.Opcode);
        if (index < 0)
            return CompletionFault.None;
        var fault = _script[index];
        if (fault.After > 0)
        {
            _script[index] = fault with { After = fault.After - 1 };
            return CompletionFault.None;
        }

        if (fault.Times == 1)
            _script.RemoveAt(index);
        else
            _script[index] = fault with { Times = fault.Times - 1 };
        return fault.Kind;
    }

    private void Add(ScriptedFault fault)
    {
        lock (_lock)
            _script.Add(fault);
    }

    // Doorbells with a stride of 4: two for each queue, the submission queue's tail and the completion queue's head, which nothing here waits for.
    private void RingDoorbell(int number, uint value)
    {
        lock (_lock)
        {
            if ((number & 1) != 0 || !_submissions.TryGetValue(number >> 1, out var queue) || value >= queue.Entries)
                return;
            queue.Tail = (int)value;
        }

        RequestWork();
    }

    private void CreateAdminQueues()
    {
        lock (_lock)
        {
            var attributes = Get32(AdminQueueAttributes);
            var completions = new FaultyCompletionQueue(0, Get64(AdminCompletionQueue), (int)(attributes >> 16 & 0xfff) + 1, 0);
            _completions[0] = completions;
            _submissions[0] = new FaultySubmissionQueue(0, Get64(AdminSubmissionQueue), (int)(attributes & 0xfff) + 1, completions);
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            _submissions.Clear();
            _completions.Clear();
            _held.Clear();
            _events.Clear();
            _isReleased = false;
        }
    }

    private readonly record struct ScriptedFault(bool IsAdmin, byte Opcode, CompletionFault Kind, int Times, int After);
}
