using System.Buffers.Binary;
using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>
/// Makes a device that the suite knows move memory: QEMU's edu (1234:11e8, docs/specs/edu.rst there), whoever serves it, and this project's scratch
/// (1af4:10f0). A move goes by the device's own buffer: in by one transfer, out by another.
/// </summary>
internal abstract class DmaEngine
{
    /// <summary>How many bytes a move can have.</summary>
    public const uint MostBytes = 4096;

    private const uint MainBar = 0;
    private const ulong CommandRegister = 0x04;
    private const ulong FirstBar = 0x10;
    private const uint PlaceOfBar = 0x8000_0000;
    private const byte MemoryAndMaster = 6;

    private readonly ServerTrial _trial;

    protected DmaEngine(ServerTrial trial, Conversation peer)
    {
        _trial = trial;
        Peer = peer;
        // Some servers decode as a bus does: a BAR answers where it was given an address, which firmware does for a machine.
        var bar = peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(Numbers.ConfigRegion, FirstBar, 4)).OfLength(20).U32(16);
        if ((bar & ~15u) == 0)
            peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(Numbers.ConfigRegion, FirstBar, BitConverter.GetBytes(PlaceOfBar)));
        peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(Numbers.ConfigRegion, CommandRegister, [MemoryAndMaster, 0]));
    }

    protected Conversation Peer { get; }

    public static bool Knows(DeviceSurvey device) => (device.Vendor, device.Device) is (0x1234, 0x11e8) or (0x1af4, 0x10f0);

    /// <summary>Takes charge of the device; from then on it may do DMA.</summary>
    public static DmaEngine Open(ServerTrial trial, Conversation peer) => trial.Device.Vendor == 0x1234 ? new EduEngine(trial, peer) : new ScratchEngine(trial, peer);

    /// <summary>Reads memory into the device's buffer.</summary>
    public void Load(ulong iova, uint count)
    {
        StartLoad(iova, count);
        Finish();
    }

    /// <summary>Writes the device's buffer to memory.</summary>
    /// <param name="iova">Where to.</param>
    /// <param name="count">How many bytes.</param>
    /// <param name="interrupts">Whether the device interrupts in the end.</param>
    public void Store(ulong iova, uint count, bool interrupts = false)
    {
        StartStore(iova, count, interrupts);
        Finish();
    }

    /// <summary>Begins to write the device's buffer to memory, and does not wait.</summary>
    public abstract void StartStore(ulong iova, uint count, bool interrupts = false);

    protected abstract void StartLoad(ulong iova, uint count);

    protected abstract bool IsBusy { get; }

    protected uint Read32(ulong offset) => Peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(MainBar, offset, 4)).OfLength(20).U32(16);

    protected void Write32(ulong offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(MainBar, offset, bytes));
    }

    protected void Write64(ulong offset, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(MainBar, offset, bytes));
    }

    private void Finish()
    {
        var watch = Stopwatch.StartNew();
        while (IsBusy)
        {
            Expect.That(watch.Elapsed < _trial.Timeout, $"the device did not finish its DMA within {_trial.Timeout.TotalSeconds:0.###} s.");
            Thread.Sleep(1);
        }
    }

    private sealed class EduEngine(ServerTrial trial, Conversation peer) : DmaEngine(trial, peer)
    {
        private const ulong Buffer = 0x40000;
        private const uint Start = 1;
        private const uint ToMemory = 2;
        private const uint InterruptAtEnd = 4;

        protected override bool IsBusy => (Read32(0x98) & Start) != 0;

        public override void StartStore(ulong iova, uint count, bool interrupts = false) =>
            Begin(Buffer, iova, count, Start | ToMemory | (interrupts ? InterruptAtEnd : 0));

        protected override void StartLoad(ulong iova, uint count) => Begin(iova, Buffer, count, Start);

        private void Begin(ulong source, ulong destination, uint count, uint command)
        {
            Write64(0x80, source);
            Write64(0x88, destination);
            Write64(0x90, count);
            Write64(0x98, command);
        }
    }

    private sealed class ScratchEngine(ServerTrial trial, Conversation peer) : DmaEngine(trial, peer)
    {
        private const ulong Buffer = 0x3000;
        private const uint ToFunction = 1;
        private const uint FromFunction = 2;
        private const uint InterruptAtEnd = 0x100;

        protected override bool IsBusy => (Read32(0x58) & 1) != 0;

        public override void StartStore(ulong iova, uint count, bool interrupts = false) =>
            Begin(Buffer, iova, count, FromFunction | (interrupts ? InterruptAtEnd : 0));

        protected override void StartLoad(ulong iova, uint count) => Begin(iova, Buffer, count, ToFunction);

        private void Begin(ulong source, ulong destination, uint count, uint command)
        {
            Write64(0x40, source);
            Write64(0x48, destination);
            Write32(0x50, count);
            Write32(0x54, command);
        }
    }
}
