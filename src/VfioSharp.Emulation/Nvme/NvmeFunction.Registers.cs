using System.Buffers.Binary;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// The registers of BAR 0 (NVMe Base 2.0, 3.1.3).
public sealed partial class NvmeFunction
{
    private const int RegistersInBytes = 0x80;

    // CAP: queues lie in one piece; ready within 7.5 s; the NVM command set, and Identify's list of command sets; pages of 4 to 64 KiB.
    private const ulong FixedCapabilities = 1ul << 16 | 0xful << 24 | 0x41ul << 37 | 4ul << 52;
    private const int SubsystemResetBit = 36;
    private const int MemoryBufferBit = 57;

    // CRMS: ready with all namespaces, within the time that CRTO tells in units of 500 ms; since version 2.0.
    private const int ReadyWithMediaBit = 59;
    private const uint ReadyTimeout = 15;

    // "NVMe".
    private const uint SubsystemResetKey = 0x4e56_4d65;

    private uint _configuration;
    private uint _interruptMask;
    private AdminQueueRegisters _adminQueues;

    /// <inheritdoc/>
    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        destination.Clear();
        // A read that reaches beyond the registers answers zeroes as a whole.
        if (offset + (ulong)destination.Length > RegistersInBytes)
            return;
        Span<byte> registers = stackalloc byte[RegistersInBytes];
        registers.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(registers, _parts.Capabilities.Value);
        Put(registers, NvmeRegister.Vs, _options.Version.Value);
        Put(registers, NvmeRegister.Intms, _interruptMask);
        Put(registers, NvmeRegister.Intmc, _interruptMask);
        Put(registers, NvmeRegister.Cc, _configuration);
        Put(registers, NvmeRegister.Csts, Status);
        Put(registers, NvmeRegister.Aqa, _adminQueues.Attributes);
        BinaryPrimitives.WriteUInt64LittleEndian(registers[(int)NvmeRegister.Asq..], _adminQueues.SubmissionAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(registers[(int)NvmeRegister.Acq..], _adminQueues.CompletionAddress);
        if (_buffer is not null)
            DescribeBuffer(registers, _buffer);
        if (_parts.Capabilities.HasReadyTimeouts)
            Put(registers, NvmeRegister.Crto, ReadyTimeout);
        registers.Slice((int)offset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        var value = ReadValue(source);
        switch (offset)
        {
            case NvmeRegister.Intms:
                MaskInterrupts(_interruptMask | (uint)value);
                break;
            case NvmeRegister.Intmc:
                MaskInterrupts(_interruptMask & ~(uint)value);
                break;
            case NvmeRegister.Cc:
                Configure(new ControllerConfiguration((uint)value));
                break;
            case NvmeRegister.Csts when ((uint)value & HadSubsystemReset) != 0:
                _hadSubsystemReset = false;
                break;
            case NvmeRegister.Nssr when _options.HasSubsystemReset && (uint)value == SubsystemResetKey:
                ResetSubsystem();
                break;
            case NvmeRegister.Aqa:
                _adminQueues = _adminQueues with { Attributes = (uint)value };
                break;
            case NvmeRegister.Asq:
                _adminQueues = _adminQueues with { SubmissionAddress = Merge(_adminQueues.SubmissionAddress, value, source.Length) };
                break;
            case NvmeRegister.Asq + 4:
                _adminQueues = _adminQueues with { SubmissionAddress = (uint)_adminQueues.SubmissionAddress | value << 32 };
                break;
            case NvmeRegister.Acq:
                _adminQueues = _adminQueues with { CompletionAddress = Merge(_adminQueues.CompletionAddress, value, source.Length) };
                break;
            case NvmeRegister.Acq + 4:
                _adminQueues = _adminQueues with { CompletionAddress = (uint)_adminQueues.CompletionAddress | value << 32 };
                break;
            case NvmeRegister.Cmbmsc when _buffer is not null:
                _buffer.Control = Merge(_buffer.Control, value, source.Length);
                break;
            case NvmeRegister.Cmbmsc + 4 when _buffer is not null:
                _buffer.Control = (uint)_buffer.Control | value << 32;
                break;
            case >= NvmeRegister.FirstDoorbell:
                WriteDoorbell(offset, (uint)value, source.Length);
                break;
        }
    }

    private static ControllerCapabilities MakeCapabilities(NvmeFunctionOptions options) =>
        new(FixedCapabilities | (uint)(options.MaxQueueEntries - 1) | (options.HasSubsystemReset ? 1ul << SubsystemResetBit : 0)
            | (options.ControllerMemoryBufferInBytes != 0 ? 1ul << MemoryBufferBit : 0)
            | (options.Version >= new NvmeVersion(2, 0, 0) ? 1ul << ReadyWithMediaBit : 0));

    // 3.1.3.3: a mask concerns the line alone; with MSI-X a driver leaves the register alone.
    private void MaskInterrupts(uint mask)
    {
        _interruptMask = mask;
        if (_active is null)
            return;
        _active.InterruptMask = mask;
        RequestWork();
    }

    private static void DescribeBuffer(Span<byte> registers, ControllerMemoryBuffer buffer)
    {
        Put(registers, NvmeRegister.Cmbloc, buffer.Location);
        Put(registers, NvmeRegister.Cmbsz, buffer.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(registers[(int)NvmeRegister.Cmbmsc..], buffer.Control);
        Put(registers, NvmeRegister.Cmbsts, buffer.Status);
    }

    private static void Put(Span<byte> registers, ulong offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(registers[(int)offset..], value);

    private static ulong ReadValue(ReadOnlySpan<byte> source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        source.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    // What is written at the first byte of a register of 64 bit leaves the bytes alone that it does not reach.
    private static ulong Merge(ulong register, ulong value, int lengthInBytes) =>
        lengthInBytes == sizeof(ulong) ? value : register & (ulong.MaxValue << (8 * lengthInBytes)) | value;
}
