using System.Buffers;
using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>
/// A function that does what a test asks for. BAR 0: 0x1000 bytes of plain registers, of which those below 0x40 drive an engine. BAR 2: memory at
/// 0x2000 of 0x3000 bytes, registers elsewhere. BAR 4: four vectors of MSI-X. It has a line and MSI as well.
/// </summary>
internal sealed class EngineFunction : PciFunction, IMigratable
{
    public const ulong Address = 0x00;
    public const ulong Length = 0x08;
    public const ulong Command = 0x10;
    public const ulong Vector = 0x18;
    public const ulong Result = 0x20;
    public const ulong Throw = 0x28;
    public const ulong Data = 0x100;

    private readonly byte[] _registers = new byte[0x1000];
    private uint _fromOwnThread;

    public EngineFunction()
        : base(
            new PciIdentity(0x1af4, 0x10f2, new ClassCode(0xff0000)) { InterruptPin = 1 },
            [
                new FunctionBar(0, 0x1000, is64Bit: false),
                new FunctionBar(2, 0x8000) { SharedAreas = [new(0x2000, 0x3000)] },
                new FunctionBar(4, 0x1000),
            ],
            new MsixTable(4, 4, 0, 0x800)) => Config.AddMsi(4);

    public enum Job
    {
        ReadMemory = 1,
        WriteMemory = 2,
        Signal = 3,
        AssertLine = 4,
        DeassertLine = 5,
    }

    public int Resets { get; private set; }

    public List<(ulong Offset, int Width)> Accesses { get; } = new(10_000);

    public List<long> AllocatedAtReads { get; } = new(100_000);

    public Action<FunctionHost>? Work { get; set; }

    /// <summary>Asks for work from the calling thread, as a function with threads does.</summary>
    public void RequestFromHere(Job job)
    {
        Volatile.Write(ref _fromOwnThread, (uint)job);
        RequestWork();
    }

    public ulong Register(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(_registers.AsSpan((int)offset));

    public void SetRegister(ulong offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_registers.AsSpan((int)offset), value);

    public void SaveRegisters(IBufferWriter<byte> destination) => destination.Write(_registers);

    public void LoadRegisters(ReadOnlySpan<byte> state)
    {
        if (state.Length != _registers.Length)
            throw new InvalidDataException("That is no engine.");
        state.CopyTo(_registers);
    }

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        if (AllocatedAtReads.Count < AllocatedAtReads.Capacity)
            AllocatedAtReads.Add(GC.GetAllocatedBytesForCurrentThread());
        if (bar == 0 && offset == Throw)
            throw new InvalidTimeZoneException("as the test asked");
        destination.Clear();
        if (bar == 0)
            _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (Accesses.Count < 10_000)
            Accesses.Add((offset, source.Length));
        if (bar != 0)
            return;
        source.CopyTo(_registers.AsSpan((int)offset));
        if (offset == Command)
            RequestWork();
    }

    protected override void OnReset()
    {
        _registers.AsSpan().Clear();
        Resets++;
    }

    protected override void DoWork(FunctionHost host)
    {
        if (Work is not null)
        {
            Work(host);
            return;
        }

        var job = (Job)Interlocked.Exchange(ref _fromOwnThread, 0);
        if (job == 0)
            job = (Job)Register(Command);
        var data = _registers.AsSpan((int)Data, (int)Register(Length));
        var isDone = true;
        switch (job)
        {
            case Job.ReadMemory:
                isDone = host.ReadMemory(Register(Address), data);
                break;
            case Job.WriteMemory:
                isDone = host.WriteMemory(Register(Address), data);
                break;
            case Job.Signal:
                host.SignalInterrupt((int)Register(Vector));
                break;
            case Job.AssertLine:
            case Job.DeassertLine:
                host.SetInterruptLine(job == Job.AssertLine);
                break;
        }

        SetRegister(Result, isDone ? 1u : 2u);
    }
}

internal static class EngineClient
{
    /// <summary>Lets the engine do a job, and waits until it is done.</summary>
    public static bool Run(this TestClient client, EngineFunction.Job job, ulong address = 0, int length = 0, int vector = 0)
    {
        client.Start(job, address, length, vector);
        return client.WaitForResult();
    }

    public static void Start(this TestClient client, EngineFunction.Job job, ulong address = 0, int length = 0, int vector = 0)
    {
        client.WriteRegion(0, EngineFunction.Result, new byte[8]);
        client.WriteRegion(0, EngineFunction.Address, Wire.Pack(address));
        client.WriteRegion(0, EngineFunction.Length, Wire.Pack((ulong)length));
        client.WriteRegion(0, EngineFunction.Vector, Wire.Pack((ulong)vector));
        client.WriteRegion(0, EngineFunction.Command, Wire.Pack((ulong)job));
    }

    public static bool WaitForResult(this TestClient client)
    {
        for (var i = 0; i < 2000; i++)
        {
            switch (client.ReadRegion(0, EngineFunction.Result, 8).U64(0))
            {
                case 1:
                    return true;
                case 2:
                    return false;
            }

            Thread.Sleep(1);
        }

        Assert.Fail("The engine did not finish.");
        return false;
    }
}
