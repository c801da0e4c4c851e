using System.Runtime.InteropServices;
using VfioSharp.Regions;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Vfio;

// drivers/vfio/pci/vfio_pci_zdev.c, with CONFIG_VFIO_PCI_ZDEV_KVM as distributions have it. What the machine says of a function is that of the
// recordings.
public partial class VfioPciDevice
{
    private const uint FlagReset = 1;
    private const uint FlagPci = 2;
    private const uint FlagCapabilities = 0x80;
    private const int PathLengthInBytes = 4;

    /// <summary>VFIO_DEVICE_GET_INFO.</summary>
    /// <returns>The device.</returns>
    public VfioDeviceInfo GetInfo()
    {
        var capabilities = ReadZpciCapabilities();
        var flags = FlagReset | FlagPci | (capabilities.Count == 0 ? 0 : FlagCapabilities);
        return new VfioDeviceInfo(flags, RegionCount, InterruptCount, capabilities);
    }

    private IReadOnlyList<InfoCapability> ReadZpciCapabilities()
    {
        var kernel = Host.Description.Kernel;
        if (!KernelRules.HasZpciCapabilities(kernel))
            return [];
        var version = KernelRules.TellsFunctionHandle(kernel) ? (ushort)2 : (ushort)1;
        var function = new BaseCapability
        {
            StartDma = ZpciDmaDomain.WindowStart,
            EndDma = ZpciDmaDomain.WindowStart + Host.MemoryInBytes - 1,
            VirtualFunction = Function.VirtualFunctionNumber,
            FunctionType = Function.FunctionType,
            GroupId = ZpciFunction.GroupId,
            Handle = Function.Handle,
        };
        var group = new GroupCapability
        {
            MessageAddress = MessageAddress,
            Flags = 1,
            MeasurementInterval = 4000,
            MessageCount = 128,
            KernelStoreBlock = (ushort)AccessSplitting.LongestStore,
            StoreBlock = Function.MaximumStoreBlockInBytes,
        };
        var path = new byte[sizeof(uint) + PathLengthInBytes];
        MemoryMarshal.Write(path, (uint)PathLengthInBytes);
        return
        [
            new InfoCapability(1, version, Bytes(function, version == 1 ? BaseCapability.LengthOfVersion1 : BaseCapability.LengthInBytes)),
            new InfoCapability(2, version, Bytes(group, version == 1 ? GroupCapability.LengthOfVersion1 : GroupCapability.LengthInBytes)),
            new InfoCapability(4, 1, path),
        ];
    }

    private static byte[] Bytes<T>(T structure, int length)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in structure))[..length].ToArray();

    // struct vfio_device_info_cap_zpci_base without its header.
    [StructLayout(LayoutKind.Sequential)]
    private struct BaseCapability
    {
        public const int LengthOfVersion1 = 24;
        public const int LengthInBytes = 28;

        public ulong StartDma;
        public ulong EndDma;
        public ushort Channel;
        public ushort VirtualFunction;
        public ushort MeasurementBlockLength;
        public byte FunctionType;
        public byte GroupId;
        public uint Handle;
    }

    // struct vfio_device_info_cap_zpci_group without its header.
    [StructLayout(LayoutKind.Sequential)]
    private struct GroupCapability
    {
        public const int LengthOfVersion1 = 32;
        public const int LengthInBytes = 34;

        public ulong AddressMask;
        public ulong MessageAddress;
        public ulong Flags;
        public ushort MeasurementInterval;
        public ushort MessageCount;
        public ushort KernelStoreBlock;
        public byte Version;
        public byte Reserved;
        public ushort StoreBlock;
    }
}
