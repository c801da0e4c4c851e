using System.Buffers.Binary;
using VfioSharp.Emulation;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Vfio;

// drivers/vfio/pci/vfio_pci_config.c: most of configuration space is the device's own, the BARs are virtual, the enable bits of MSI and MSI-X
// belong to VFIO_DEVICE_SET_IRQS, and the bits that take the device's memory away zap every mapping first.
public partial class VfioPciDevice
{
    private const int CommandRegister = 0x04;
    private const int BarRegisters = 0x10;
    private const int BarRegistersEnd = 0x28;
    private const int InterruptPin = 0x3d;
    private const int CapabilityPointer = 0x34;
    private const ushort CommandMemory = 2;
    private const ushort CommandMaster = 4;
    private const byte PowerManagementCapability = 0x01;
    private const byte ExpressCapability = 0x10;
    private const int MostCapabilities = 48;

    private readonly byte[] _virtualBars = new byte[BarRegistersEnd - BarRegisters];
    private int _powerManagement;
    private int _express;
    private bool _hasFunctionLevelReset;

    /// <summary>
    /// __vfio_pci_memory_enabled(): the power state is below D3hot, and COMMAND.MEM is set. A virtual function has no such bit of its own; s390
    /// treats every function with a virtual function number so (pdev->no_command_memory).
    /// </summary>
    public bool IsMemoryEnabled => PowerState < 3 && (Function.IsVirtualFunction || (GetCommand() & CommandMemory) != 0);

    /// <summary>Whether a function can be reset by itself: DEVCAP of its PCI Express capability (PCI Express Base 7.5.3.3, bit 28).</summary>
    internal static bool HasFunctionLevelReset(ZpciFunction function)
    {
        var express = FindCapability(function.Device.Config, ExpressCapability);
        return express != 0 && (ReadByte(function.Device.Config, express + 7) & 0x10) != 0;
    }

    private int PowerState => _powerManagement == 0 ? 0 : ReadByte(DeviceConfig, _powerManagement + 4) & 3;

    private FunctionConfigSpace DeviceConfig => Function.Device.Config;

    /// <summary>A read of configuration space: refused as a whole where it reaches beyond the end.</summary>
    private protected KernelResult ReadConfig(ulong offset, Span<byte> destination)
    {
        if (offset >= FunctionConfigSpace.ConventionalLengthInBytes || (ulong)destination.Length > FunctionConfigSpace.ConventionalLengthInBytes - offset)
            return Errno.EFAULT;
        // A piece that is not all virtual is read from the device, which answers with an error where it is in error or gone (zpci_cfg_load()).
        if (Function.State != ZpciFunctionState.Ready && !IsVirtual((int)offset, destination.Length))
            return Errno.EIO;
        DeviceConfig.Read((int)offset, destination);
        for (var i = 0; i < destination.Length; i++)
        {
            var register = (int)offset + i;
            if (register is >= BarRegisters and < BarRegistersEnd)
                destination[i] = _virtualBars[register - BarRegisters];
            else if (register == InterruptPin)
                destination[i] = 0; // no CONFIG_VFIO_PCI_INTX on s390
        }

        return new KernelResult(destination.Length);
    }

    /// <summary>A write of configuration space, cut into aligned pieces of 4, 2 and 1 bytes.</summary>
    private protected KernelResult WriteConfig(ulong offset, ReadOnlySpan<byte> source)
    {
        if (offset >= FunctionConfigSpace.ConventionalLengthInBytes || (ulong)source.Length > FunctionConfigSpace.ConventionalLengthInBytes - offset)
            return Errno.EFAULT;
        if (Function.State != ZpciFunctionState.Ready && !IsVirtual((int)offset, source.Length))
            return Errno.EIO;
        for (var done = 0; done < source.Length;)
        {
            var register = (int)offset + done;
            var left = source.Length - done;
            var length = left >= 4 && register % 4 == 0 ? 4 : left >= 2 && register % 2 == 0 ? 2 : 1;
            WriteRegister(register, source.Slice(done, length));
            done += length;
        }

        return new KernelResult(source.Length);
    }

    // init_pci_cap_basic_perm(): vendor and device, the BARs, interrupt line and pin are the kernel's own copies.
    private static bool IsVirtual(int offset, int length) => IsWithin(offset, length, 0, CommandRegister)
        || IsWithin(offset, length, BarRegisters, BarRegistersEnd)
        || IsWithin(offset, length, InterruptPin - 1, InterruptPin + 1);

    private static bool IsWithin(int offset, int length, int start, int end) => offset >= start && offset + length <= end;

    private void WriteRegister(int register, ReadOnlySpan<byte> bytes)
    {
        if (register is >= BarRegisters and < BarRegistersEnd)
        {
            WriteVirtualBars(register, bytes);
            return;
        }

        // A reset by FLR is done by the kernel, which saves and restores what the driver had set (vfio_exp_config_write()).
        var deviceControl = _express + 9;
        if (_hasFunctionLevelReset && IsWithin(deviceControl, 1, register, register + bytes.Length) && (bytes[deviceControl - register] & 0x80) != 0)
        {
            Reset();
            return;
        }

        // MSI-X control (7.7.2.2) stays as VFIO_DEVICE_SET_IRQS has it, and MSI control off: the model has vectors of MSI-X alone.
        if (DeviceConfig.MsixOffset != 0 && register >= DeviceConfig.MsixOffset && register < DeviceConfig.MsixOffset + 12)
            return;
        if (DeviceConfig.MsiOffset != 0 && register >= DeviceConfig.MsiOffset && register < DeviceConfig.MsiOffset + 4)
            return;
        WriteDevice(register, bytes);
        // vfio_basic_config_write(), vfio_pm_config_write(): without memory no page of a BAR may stay mapped.
        if (!IsMemoryEnabled)
            Zap();
    }

    // vfio_pci_set_power_state(): what a function loses on its way back from D3hot, the kernel has saved.
    private void WriteDevice(int register, ReadOnlySpan<byte> bytes)
    {
        if (PowerState < 3)
        {
            Function.Device.WriteConfig(register, bytes);
            return;
        }

        var saved = new byte[FunctionConfigSpace.ConventionalLengthInBytes];
        DeviceConfig.Read(0, saved);
        Function.Device.WriteConfig(register, bytes);
        if (PowerState >= 3)
            return;
        saved[_powerManagement + 4] &= 0xfc;
        DeviceConfig.Write(0, saved);
        RestoreMessages();
    }

    // The bits below a BAR's length stay 0 and those of its type as they are (vfio_bar_fixup()); the device never sees a write.
    private void WriteVirtualBars(int register, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && register + i < BarRegistersEnd; i++)
            _virtualBars[register + i - BarRegisters] = bytes[i];
        Span<byte> types = stackalloc byte[BarRegistersEnd - BarRegisters];
        types.Clear();
        Span<byte> masks = stackalloc byte[BarRegistersEnd - BarRegisters];
        masks.Clear();
        foreach (var bar in Function.Device.Bars)
        {
            var place = bar.Index * sizeof(uint);
            var mask = ~(bar.LengthInBytes - 1);
            BinaryPrimitives.WriteUInt32LittleEndian(masks[place..], (uint)mask);
            types[place] = (byte)((bar.Is64Bit ? 4 : 0) | (bar.IsPrefetchable ? 8 : 0));
            if (bar.Is64Bit)
                BinaryPrimitives.WriteUInt32LittleEndian(masks[(place + sizeof(uint))..], (uint)(mask >> 32));
        }

        for (var i = 0; i < _virtualBars.Length; i++)
            _virtualBars[i] = (byte)((_virtualBars[i] & masks[i]) | types[i]);
    }

    // vfio_config_init(): the BARs as they are in the device, to which zPCI writes no addresses, and where the capabilities are.
    private void ReadCapabilities()
    {
        DeviceConfig.Read(BarRegisters, _virtualBars);
        WriteVirtualBars(BarRegistersEnd, []);
        _powerManagement = FindCapability(DeviceConfig, PowerManagementCapability);
        _express = FindCapability(DeviceConfig, ExpressCapability);
        _hasFunctionLevelReset = HasFunctionLevelReset(Function);
    }

    private static int FindCapability(FunctionConfigSpace config, byte id)
    {
        var next = ReadByte(config, CapabilityPointer) & ~3;
        for (var i = 0; i < MostCapabilities && next >= 0x40; i++)
        {
            if (ReadByte(config, next) == id)
                return next;
            next = ReadByte(config, next + 1) & ~3;
        }

        return 0;
    }

    private ushort GetCommand() => (ushort)(ReadByte(DeviceConfig, CommandRegister) | ReadByte(DeviceConfig, CommandRegister + 1) << 8);

    private void SetCommand(ushort command) => DeviceConfig.Write(CommandRegister, [(byte)command, (byte)(command >> 8)]);

    private static int ReadByte(FunctionConfigSpace config, int offset)
    {
        Span<byte> octet = stackalloc byte[1];
        config.Read(offset, octet);
        return octet[0];
    }
}
