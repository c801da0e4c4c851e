using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Emulation;

namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>
/// A small NVMe controller with a namespace in memory, which can be told to go wrong. It is written apart from the library's specification structures, by the
/// offsets of NVMe Base 2.0, so that a wrong one over there shows.
/// </summary>
/// <remarks>
/// The members that make it go wrong may be called from any thread. What is held is moved and completed by a thread of whoever plugged it in: late, and
/// at no moment that the driver chose.
/// </remarks>
internal sealed partial class FaultyController : PciFunction
{
    public const int BlockSizeInBytes = 512;
    public const int SizeInBlocks = 16384;
    public const int MaxQueues = 8;

    private const int CapOffset = 0x00;
    private const int VersionOffset = 0x08;
    private const int InterruptMaskSet = 0x0c;
    private const int InterruptMaskClear = 0x10;
    private const int ConfigurationOffset = 0x14;
    private const int StatusOffset = 0x1c;
    private const int AdminQueueAttributes = 0x24;
    private const int AdminSubmissionQueue = 0x28;
    private const int AdminCompletionQueue = 0x30;
    private const int FirstDoorbell = 0x1000;
    private const uint Enable = 1;
    private const uint ShutdownMask = 3u << 14;
    private const uint Ready = 1;
    private const uint Fatal = 2;
    private const uint ShutdownComplete = 2u << 2;
    private const int Vectors = MaxQueues + 1;

    private readonly Lock _lock = new();
    private readonly byte[] _registers = new byte[0x40];
    private readonly byte[] _disk = new byte[SizeInBlocks * BlockSizeInBytes];

    public FaultyController()
        : base(new PciIdentity(0x1234, 0xfa17, new ClassCode(0x010802)), [new FunctionBar(0, 0x4000)], new MsixTable(0, Vectors, 0x2000, 0x3000))
    {
        Config.AddExpressEndpoint(hasFunctionLevelReset: true);
        OnReset();
        FunctionResetCount = 0;
    }

    /// <summary>Whether it never becomes ready.</summary>
    public bool NeverReady { get; set; }

    /// <summary>Whether it stays ready after it was disabled.</summary>
    public bool NeverDisabled { get; set; }

    /// <summary>Whether a shutdown is never complete.</summary>
    public bool NeverShutsDown { get; set; }

    /// <summary>Whether no reset, of the controller or of the function, takes a fatal error away.</summary>
    public bool StaysFatal { get; set; }

    /// <summary>Whether it takes a reset of the function to take a fatal error away.</summary>
    public bool StaysFatalUntilFunctionReset { get; set; }

    /// <summary>Whether every register reads as all ones.</summary>
    public bool IsGone { get; set; }

    /// <summary>CAP.MQES, from 0: how many entries a queue may have, less one.</summary>
    public ushort MaxQueueEntries { get; set; } = 255;

    /// <summary>CAP.TO, in units of 500 ms.</summary>
    public byte ReadyTimeout { get; set; } = 1;

    /// <summary>Changes what CAP says; null for no change.</summary>
    public Func<ulong, ulong>? ChangeCapabilities { get; set; }

    /// <summary>How often it was enabled.</summary>
    public int EnableCount { get; private set; }

    /// <summary>How often its function was reset.</summary>
    public int FunctionResetCount { get; private set; }

    /// <summary>How often it was shut down.</summary>
    public int ShutdownCount { get; private set; }

    /// <summary>The namespace's bytes.</summary>
    public Span<byte> Disk => _disk;

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        destination.Clear();
        if (IsGone)
        {
            destination.Fill(0xff);
            return;
        }

        if (offset + (ulong)destination.Length > (ulong)_registers.Length)
            return;
        BinaryPrimitives.WriteUInt64LittleEndian(_registers, Capabilities());
        _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (IsGone)
            return;
        switch (offset)
        {
            case InterruptMaskSet or InterruptMaskClear:
                break;
            case ConfigurationOffset:
                Configure(BinaryPrimitives.ReadUInt32LittleEndian(source));
                break;
            case AdminQueueAttributes or AdminSubmissionQueue or AdminSubmissionQueue + 4 or AdminCompletionQueue or AdminCompletionQueue + 4:
                source.CopyTo(_registers.AsSpan((int)offset));
                break;
            case >= FirstDoorbell and < 0x2000:
                RingDoorbell((int)(offset - FirstDoorbell) / sizeof(uint), BinaryPrimitives.ReadUInt32LittleEndian(source));
                break;
        }
    }

    protected override void OnReset()
    {
        FunctionResetCount++;
        Forget();
        var status = StaysFatal ? Get32(StatusOffset) & Fatal : 0;
        Array.Clear(_registers);
        Put32(StatusOffset, status);
        Put32(VersionOffset, 0x0002_0000);
    }

    // 3.1.3.1: MQES, CQR, TO, DSTRD 0, the NVM command set, pages of 4 KiB.
    private ulong Capabilities()
    {
        var value = MaxQueueEntries | 1ul << 16 | (ulong)ReadyTimeout << 24 | 1ul << 37;
        return ChangeCapabilities?.Invoke(value) ?? value;
    }

    private bool OutlastsControllerReset => StaysFatal || StaysFatalUntilFunctionReset;

    private void Configure(uint value)
    {
        var wasEnabled = (Get32(ConfigurationOffset) & Enable) != 0;
        var isEnabled = (value & Enable) != 0;
        Put32(ConfigurationOffset, value);
        var status = Get32(StatusOffset);
        if (isEnabled && !wasEnabled)
        {
            EnableCount++;
            if (!OutlastsControllerReset)
                status &= ~Fatal;
            if (!NeverReady)
            {
                CreateAdminQueues();
                status |= Ready;
            }
        }
        else if (!isEnabled && wasEnabled)
        {
            Forget();
            status = (NeverDisabled ? Ready : 0) | (OutlastsControllerReset ? status & Fatal : 0);
        }

        if ((value & ShutdownMask) != 0)
        {
            ShutdownCount++;
            if (!NeverShutsDown)
                status |= ShutdownComplete;
        }

        Put32(StatusOffset, status);
    }

    private uint Get32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_registers.AsSpan(offset));

    private ulong Get64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_registers.AsSpan(offset));

    private void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_registers.AsSpan(offset), value);
}
