using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// The registers of an NVMe controller (NVM Express Base 2.0, 3.1.3), with the identity and the values of QEMU's: enough to find it, to
/// read its capabilities, to set its admin queue up and to enable, disable and shut it down. It executes no commands: a doorbell is taken
/// and nothing comes of it.
/// </summary>
/// <remarks>
/// Where the specification leaves open what an odd access does, QEMU's controller decides (hw/nvme/ctrl.c, nvme_mmio_read and
/// nvme_write_bar): a read of any width at any offset gives the bytes that are there; a write counts at the first byte of a register, and a
/// narrow one makes the rest of AQA and CC zero.
/// </remarks>
public sealed class NvmeRegisterFunction : PciFunction
{
    private const int RegistersLengthInBytes = 0x1000;
    private const int DefinedLengthInBytes = 0x50;
    private const int InterruptMaskSet = 0x0c;
    private const int InterruptMaskClear = 0x10;
    private const int Configuration = 0x14;
    private const int Status = 0x1c;
    private const int AdminQueueAttributes = 0x24;
    private const int AdminSubmissionQueue = 0x28;
    private const int AdminCompletionQueue = 0x30;
    private const ulong Capabilities = 0x0040_0820_0f01_07ff;
    private const uint Version = 0x0001_0400;
    private const uint Enable = 1;
    private const uint ShutdownMask = 3u << 14;
    private const uint Ready = 1;
    private const uint ShutdownComplete = 2u << 2;

    private readonly byte[] _registers = new byte[RegistersLengthInBytes];

    /// <summary>Makes a controller after power-on.</summary>
    public NvmeRegisterFunction()
        : base(
            new PciIdentity(0x1b36, 0x0010, new ClassCode(0x010802)) { RevisionId = 2, SubsystemVendorId = 0x1af4, SubsystemId = 0x1100 },
            [new FunctionBar(0, 0x4000)],
            new MsixTable(0, 65, 0x2000, 0x3000))
    {
        Config.AddExpressEndpoint(hasFunctionLevelReset: true);
        OnReset();
    }

    /// <inheritdoc/>
    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        destination.Clear();
        // A read that reaches beyond the defined registers answers zeros as a whole.
        if (offset + (ulong)destination.Length <= DefinedLengthInBytes)
            _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        var value = ReadValue(source);
        switch (offset)
        {
            case InterruptMaskSet:
                SetInterruptMask(Get32(InterruptMaskSet) | (uint)value);
                break;
            case InterruptMaskClear:
                SetInterruptMask(Get32(InterruptMaskSet) & ~(uint)value);
                break;
            case Configuration:
                Configure((uint)value);
                break;
            case AdminQueueAttributes:
                Put32(AdminQueueAttributes, (uint)value);
                break;
            case AdminSubmissionQueue or AdminCompletionQueue:
                source.CopyTo(_registers.AsSpan((int)offset));
                break;
            case AdminSubmissionQueue + 4 or AdminCompletionQueue + 4:
                Put32((int)offset, (uint)value);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        Array.Clear(_registers, 0, _registers.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(_registers, Capabilities);
        Put32(0x08, Version);
    }

    // 3.1.3.5 and 3.1.3.6: ready follows enable, and a shutdown is complete as soon as it is asked for, since nothing is cached.
    private void Configure(uint value)
    {
        var wasEnabled = (Get32(Configuration) & Enable) != 0;
        var isEnabled = (value & Enable) != 0;
        if (wasEnabled && !isEnabled)
        {
            // A controller reset (3.7.2) keeps the admin queue's registers and clears the others.
            Put32(Status, 0);
            SetInterruptMask(0);
        }

        Put32(Configuration, value);
        var status = isEnabled ? Ready : 0;
        if ((value & ShutdownMask) != 0)
            status |= ShutdownComplete;
        Put32(Status, status);
    }

    private void SetInterruptMask(uint mask)
    {
        Put32(InterruptMaskSet, mask);
        Put32(InterruptMaskClear, mask);
    }

    private uint Get32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_registers.AsSpan(offset));

    private void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_registers.AsSpan(offset), value);

    private static ulong ReadValue(ReadOnlySpan<byte> source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        source.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
