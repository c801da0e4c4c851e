using System.Diagnostics;
using System.Runtime.CompilerServices;
using VfioSharp.Dma;

namespace VfioSharp.TwoProcesses;

/// <summary>A client that checks every answer. What it writes begins with its number, so that what is another's is seen.</summary>
internal sealed class CheckingClient(int number)
{
    private const int MoveEvery = 64;
    private const int MoveLengthInBytes = 1024;
    private const int RamLengthInBytes = 0x800;
    private const ulong MoveTarget = 0x3800;
    private const ulong SourceRegister = 0x40;
    private const ulong DestinationRegister = 0x48;
    private const ulong LengthRegister = 0x50;
    private const ulong CommandRegister = 0x54;
    private const ulong StatusRegister = 0x58;
    private const uint ToFunction = 1;
    private const uint Finished = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private Exception? _failure;
    private uint _turn;

    /// <summary>How long each message took.</summary>
    public Histogram Times { get; } = new();

    public long Moves { get; private set; }

    /// <summary>Works until it is told to end, in the thread that calls.</summary>
    public void Run(string socketPath, Barrier start, StrongBox<bool> end)
    {
        try
        {
            using var scratch = new Scratch(socketPath);
            using var buffer = DmaBuffer.Allocate(4096);
            using var mapping = scratch.Device.Dma.Map(buffer);
            scratch.Device.Config.EnableBusMaster();
            start.SignalAndWait();
            while (!Volatile.Read(ref end.Value))
            {
                WriteAndRead(scratch);
                if (_turn++ % MoveEvery == 0)
                    Move(scratch, buffer, mapping);
            }
        }
#pragma warning disable CA1031 // A thread has no other way to tell; ThrowIfFailed does.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure;
            start.RemoveParticipant();
        }
    }

    public void ThrowIfFailed()
    {
        if (_failure is not null)
            throw new MeasurementException($"Client {number}: {_failure}");
    }

    private void WriteAndRead(Scratch scratch)
    {
        var offset = _turn * 4 % RamLengthInBytes;
        var value = Mark(_turn);
        var begin = Stopwatch.GetTimestamp();
        scratch.Ram.Write32(offset, value);
        var middle = Stopwatch.GetTimestamp();
        var read = scratch.Ram.Read32(offset);
        Times.Add(middle - begin);
        Times.Add(Stopwatch.GetTimestamp() - middle);
        Require(read == value, "RAM", value, read);
        scratch.Shared.Write32(offset, ~value);
        read = scratch.Shared.Read32(offset);
        Require(read == ~value, "shared memory", ~value, read);
    }

    private void Move(Scratch scratch, DmaBuffer buffer, DmaMapping mapping)
    {
        var words = buffer.GetSpan<uint>(0, MoveLengthInBytes / sizeof(uint));
        for (var i = 0; i < words.Length; i++)
            words[i] = Mark(_turn + (uint)i);
        scratch.Registers.Write64(SourceRegister, mapping.Iova.Value);
        scratch.Registers.Write64(DestinationRegister, MoveTarget);
        scratch.Registers.Write32(LengthRegister, MoveLengthInBytes);
        scratch.Registers.Write32(CommandRegister, ToFunction);
        var begin = Stopwatch.GetTimestamp();
        uint status;
        while (((status = scratch.Registers.Read32(StatusRegister)) & Finished) == 0 && Stopwatch.GetElapsedTime(begin) < Patience)
            Thread.Yield();
        Require(status == Finished, "the status of DMA", Finished, status);
        var place = _turn / MoveEvery % (uint)words.Length;
        var read = scratch.Ram.Read32(RamLengthInBytes + place * sizeof(uint));
        Require(read == words[(int)place], "what DMA brought", words[(int)place], read);
        Moves++;
    }

    private uint Mark(uint turn) => (uint)number << 24 | turn & 0xff_ffff;

    private static void Require(bool holds, string place, uint expected, uint found)
    {
        if (!holds)
            throw new MeasurementException($"{place} has 0x{found:x8}, not 0x{expected:x8}");
    }
}
