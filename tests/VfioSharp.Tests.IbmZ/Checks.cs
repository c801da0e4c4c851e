using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Tests.IbmZ;

/// <summary>What must hold of the machine code, its handler and the runtime's own handlers.</summary>
internal static unsafe partial class Checks
{
    private const int Rounds = 1000;

    public static readonly IReadOnlyDictionary<string, Action> All = new Dictionary<string, Action>
    {
        ["instructions-raise-sigill"] = InstructionsRaiseIllegalInstruction,
        ["values"] = Values,
        ["condition-codes"] = ConditionCodes,
        ["condition-code-3"] = ConditionCode3,
        ["faults"] = Faults,
        ["null-reference"] = NullReference,
        ["window"] = Window,
        ["default-illegal-fault"] = DefaultIllegalFault,
        ["default-illegal-sent"] = () => DefaultSent(Libc.SIGILL),
        ["default-bus-fault"] = DefaultBusFault,
        ["default-bus-sent"] = () => DefaultSent(Libc.SIGBUS),
        ["ignored-illegal-fault"] = IgnoredIllegalFault,
        ["ignored-sent"] = IgnoredSent,
        ["once"] = Once,
    };

    // The machine has no such instructions: the routines themselves, as they are, and the guard that survives them.
    private static void InstructionsRaiseIllegalInstruction()
    {
        var instructions = Place(S390Routines.Image.ToArray());
        using var memory = new Bar();
        var block = stackalloc ulong[2];
        for (var i = 0; i < Rounds; i++)
        {
            ExpectationException.Equal(AccessOutcome.OfSignal(Libc.SIGILL), instructions.Load(memory.Address, 4, out _));
            ExpectationException.Equal(AccessOutcome.OfSignal(Libc.SIGILL), instructions.Store(memory.Address, 8, 1));
            ExpectationException.Equal(AccessOutcome.OfSignal(Libc.SIGILL), instructions.StoreBlock(memory.Address, new Span<byte>(block, 16)));
            instructions.WriteBarrier();
        }
    }

    private static void Values()
    {
        var instructions = Place(Code.OnMemory());
        using var memory = new Bar();
        var block = stackalloc ulong[4];
        var source = new Span<byte>(block, 32);
        for (var i = 0; i < source.Length; i++)
            source[i] = (byte)(i + 1);
        ExpectationException.True(instructions.StoreBlock(memory.Address + 64, source).Kind != AccessFaultKind.Signal, "the block is stored");
        ExpectationException.Equal(Convert.ToBase64String(source.ToArray()), Convert.ToBase64String(memory.Read(64, 32)));

        _ = instructions.Store(memory.Address + 8, 4, 0x11223344);
        ExpectationException.Equal("ESIzRA==", Convert.ToBase64String(memory.Read(8, 4)));
        _ = instructions.Load(memory.Address + 8, 4, out var value);
        ExpectationException.Equal(0x11223344u, (uint)value);
        instructions.WriteBarrier();

        using var gone = new Bar();
        gone.TakeAway();
        ExpectationException.Equal(
            AccessOutcome.OfSignal(Libc.SIGSEGV), instructions.StoreBlock(memory.Address, new Span<byte>((void*)gone.Address, 32)));
    }

    // The instruction compares the length register with memory; the status is that register's bits 32 to 39.
    private static void ConditionCodes()
    {
        var instructions = Place(Code.Comparing());
        using var memory = new Bar();
        memory.Write(0, [0x0C, 0, 0, 4]);
        ExpectationException.Equal(AccessOutcome.Done, instructions.Load(memory.Address, 0x0C000004, out _));
        ExpectationException.Equal(AccessOutcome.OfConditionCode(1, 8), instructions.Load(memory.Address, 0x08000004, out _));
        ExpectationException.Equal(AccessOutcome.OfConditionCode(2, 0x10), instructions.Load(memory.Address, 0x10000004, out _));
    }

    private static void ConditionCode3()
    {
        var instructions = Place(Code.Testing());
        using var memory = new Bar();
        memory.Write(0, [0xff, 0x01, 0x00]);
        ExpectationException.Equal(AccessOutcome.OfConditionCode(3), instructions.Load(memory.Address, 1, out _));
        ExpectationException.Equal(AccessOutcome.OfConditionCode(1), instructions.Load(memory.Address + 1, 1, out _));
        ExpectationException.Equal(AccessOutcome.Done, instructions.Load(memory.Address + 2, 1, out _));
    }

    private static void Faults()
    {
        var instructions = Place(Code.OnMemoryThatGoes());
        using var memory = new Bar();
        var block = stackalloc ulong[4];
        var source = new Span<byte>(block, 32);
        memory.Resize(0);
        for (var i = 0; i < Rounds; i++)
            ExpectAll(instructions, memory.Address, source, Libc.SIGBUS);
        memory.Resize(Bar.LengthInBytes);
        _ = instructions.Store(memory.Address, 4, 42);
        _ = instructions.Load(memory.Address, 4, out var value);
        ExpectationException.Equal(42u, (uint)value);

        memory.TakeAway();
        for (var i = 0; i < Rounds; i++)
            ExpectAll(instructions, memory.Address, source, Libc.SIGSEGV);
    }

    // The runtime makes NullReferenceException of a SIGSEGV of its own, also after its handler has got a predecessor of ours in front of it.
    private static void NullReference()
    {
        var instructions = Place(Code.OnMemory());
        using var memory = new Bar();
        memory.TakeAway();
        for (var i = 0; i < 100; i++)
        {
            string? none = Environment.GetEnvironmentVariable("there is no such variable");
            ExpectationException.Throws<NullReferenceException>(() => _ = none!.Length);
            ExpectationException.Equal(AccessOutcome.OfSignal(Libc.SIGSEGV), instructions.Load(memory.Address, 4, out _));
        }

        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() => FaultManyTimes(instructions, memory))).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    private static void Window()
    {
        var instructions = Place(Code.OnMemory());
        using var memory = new Bar();
        var plan = new AccessPlan(AccessPath.MioInstruction, "The check says so.", [], true);
        var about = new WindowDescription(
            "0001:00:00.0", "BAR0", new RegionArea(0, Bar.LengthInBytes), RegionFlags.Read | RegionFlags.Write, plan, OnFault.AllOnes);
        var mapping = memory.Map();
        var window = RegionWindow.OverMapping(about, mapping, 0, new MioInstructionAccessor(instructions, mapping, 0));

        // The condition code is whatever was there before, since the loads that stand in set none: a store may be reported as failed.
        window.Write32(8, 0x44332211);
        ExpectationException.Equal("ESIzRA==", Convert.ToBase64String(memory.Read(8, 4)));

        memory.Resize(0);
        var before = window.FaultCount;
        for (var i = 0; i < Rounds; i++)
            ExpectationException.Equal(uint.MaxValue, window.Read32(8));
        ExpectationException.Equal(before + Rounds, window.FaultCount);
        window.Dispose();
        ExpectationException.Throws<ObjectDisposedException>(() => window.Read32(8));
    }

    private static void ExpectAll(MioInstructions instructions, nuint address, ReadOnlySpan<byte> source, int signal)
    {
        ExpectationException.Equal(AccessOutcome.OfSignal(signal), instructions.Load(address, 4, out _));
        ExpectationException.Equal(AccessOutcome.OfSignal(signal), instructions.Store(address, 4, 1));
        ExpectationException.Equal(AccessOutcome.OfSignal(signal), instructions.StoreBlock(address, source));
    }

    private static void FaultManyTimes(MioInstructions instructions, Bar memory)
    {
        for (var i = 0; i < Rounds; i++)
            ExpectationException.Equal(AccessOutcome.OfSignal(Libc.SIGSEGV), instructions.Store(memory.Address, 4, 1));
    }

    private static MachineMioInstructions Place(byte[] image)
    {
        var instructions = MachineMioInstructions.TryPlace(image, out var whyNot);
        ExpectationException.True(instructions is not null, whyNot ?? "the machine code is placed");
        return instructions!;
    }
}
