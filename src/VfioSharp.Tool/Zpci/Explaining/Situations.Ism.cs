using VfioSharp.Zpci.Machine;

namespace VfioSharp.Tool.Zpci.Explaining;

// Functions that a machine gives no MIO addresses: ISM with its BAR of 256 TiB, and others; DMA.
internal static partial class Situations
{
    private const string Flagless = ",fit=off";
    private const string IsmDriver = ",driver=ism_vfio_pci";

    private static Evidence[] IsmAt(string line) =>
        [At("ism-linux-6.12", line), At("ism-linux-7.2", line), At("mio-ism-linux-6.12", line), At("mio-ism-linux-7.2", line)];

    private static Evidence WithoutMioAddresses(string line) => At(Recordings.InGuests + "no-mio-addresses", "mt " + line);

    private static Situation[] IsmDevice()
    {
        const string Topic = "ISM (1014:04ed): BAR 0 of 256 TiB, BAR 2 of 4 KiB";
        const string Block = "00000000000000000000000000000000";
        return
        [
            new(Topic, "ISM, vfio-pci: region information of BAR 0", Ism, "region bar0") { Seen = IsmAt("region 0 ") },
            new(Topic, "ISM, vfio-pci: mmap of a page of BAR 0", Ism, "m = mmap bar0 0 0x1000") { Seen = IsmAt("mmap r0 off=0x0 len=0x1000: ") },
            new(Topic, "ISM, vfio-pci: mmap of BAR 2", Ism, "m = mmap bar2") { Seen = IsmAt("mmap r2 off=0x0 len=0x1000: ") },
            new(Topic, "ISM: sysfs resource0", Ism, "s = mmap resource0 0 0x1000") { Seen = IsmAt("sysfs resource0 open: ") },
            new(Topic, "ISM, vfio-pci: pread of 8 bytes of BAR 0", Ism, "pread bar0 0 8") { Seen = IsmAt("pread r0 off=0x0 len=8: ") },
            new(Topic, "ISM, vfio-pci: pread at 2^40 of BAR 0, where BAR 1 begins", Ism, "pread bar0 0x10000000000 8")
            {
                Seen = IsmAt("pread r0 off=0x10000000000 len=8: "),
            },
            new(Topic, "ISM, vfio-pci: pread at 2^41 of BAR 0, where BAR 2 begins", Ism, "pread bar0 0x20000000000 8")
            {
                Seen = IsmAt("pread r0 off=0x20000000000 len=8: "),
            },
            new(Topic, "ISM, vfio-pci: pread of 8 bytes of BAR 2", Ism, "pread bar2 0x40 8") { Seen = IsmAt("pread r2 off=0x40 len=8: ") },
            new(Topic, "ISM, vfio-pci: pwrite of 16 bytes to BAR 2", Ism, $"pwrite bar2 0x80 {Block}") { Seen = IsmAt("pwrite r2 off=0x80 len=16 ") },
            new(Topic, "ISM, vfio-pci: the path that VfioSharp takes to BAR 2", Ism, "window bar2")
            {
                SeenInGuests = ["s390x 6.12", "s390x 7", "s390x 6.12 mio", "s390x 7 mio"],
            },
            new(Topic, "ISM, ism_vfio_pci: mmap of BAR 2", Ism, "m = mmap bar2") { HostProperties = IsmDriver },
            new(Topic, "ISM, ism_vfio_pci: pread of 8 bytes of BAR 2", Ism, "pread bar2 0x40 8") { HostProperties = IsmDriver },
            new(Topic, "ISM, ism_vfio_pci: pwrite of 8 bytes to BAR 2", Ism, "pwrite bar2 0x80 0000000000000000")
            {
                HostProperties = IsmDriver,
                RestsOn = ArchitectureGuess.Blocks,
            },
            new(Topic, "ISM, ism_vfio_pci: pwrite of 16 bytes to BAR 2", Ism, $"pwrite bar2 0x80 {Block}") { HostProperties = IsmDriver },
            new(Topic, "ISM, ism_vfio_pci: pwrite of 136 bytes to BAR 2", Ism, $"pwrite bar2 0x80 {new string('0', 272)}")
            {
                HostProperties = IsmDriver,
            },
            new(Topic, "ISM, ism_vfio_pci: pwrite of 16 bytes across a page's end", Ism, $"pwrite bar0 0xff8 {Block}") { HostProperties = IsmDriver },
            new(Topic, "ISM, ism_vfio_pci: the path that VfioSharp takes to BAR 2", Ism, "window bar2") { HostProperties = IsmDriver },
        ];
    }

    private static Situation[] Unreachable()
    {
        const string Topic = "BARs that do not fit, or that MIO does not reach";
        const string WithoutMio = "nvme,mio=off";
        const string MapPage = "mmap r0 off=0x0 len=0x1000: ";
        Evidence[] mapping = [At("large-bar-no-quirk-linux-7.2", MapPage), At("mio-large-bar-no-quirk-linux-7.2", MapPage)];
        Evidence[] small = [At("mio-ism-linux-6.12", "pread r2 off=0x0 len=4: "), At("mio-large-bar-no-quirk-linux-7.2", "pread r2 off=0x0 len=4: ")];
        return
        [
            new(Topic, "a BAR of 256 TiB that no quirk knows: mmap of a page", Ism, "m = mmap bar0 0 0x1000")
            {
                HostProperties = Flagless,
                Seen = [.. mapping, At("ism-linux-6.12", MapPage), At("mio-ism-linux-6.12", MapPage)],
            },
            new(Topic, "a BAR of 256 TiB that no quirk knows: pread", Ism, "pread bar0 0 8")
            {
                HostProperties = Flagless,
                Seen =
                [
                    At("large-bar-no-quirk-linux-7.2", "pread r0 off=0x0 len=8: "), At("mio-large-bar-no-quirk-linux-7.2", "pread r0 off=0x0 len=8: "),
                    At("ism-linux-6.12", "pread r0 off=0x0 len=8: "), At("mio-ism-linux-6.12", "pread r0 off=0x0 len=8: "),
                ],
            },
            new(Topic, "no MIO addresses: pread of 4 bytes of a small BAR", WithoutMio, "pread bar0 0 4") { Modes = MioOnly, Seen = small },
            new(Topic, "no MIO addresses: mmap of a small BAR", WithoutMio, "m = mmap bar0")
            {
                Modes = MioOnly,
                Seen =
                [
                    At("mio-ism-linux-6.12", "mmap r2 off=0x0 len=0x1000: "), At("mio-large-bar-no-quirk-linux-7.2", "mmap r2 off=0x0 len=0x1000: "),
                    WithoutMioAddresses("mmap RW: "), At(Recordings.InGuests + "no-mio-addresses-6.12", "mt mmap RW: "),
                ],
            },
            new(Topic, "no MIO addresses: s390_pci_mmio_read", WithoutMio, "m = mmap bar0;read m 8")
            {
                Modes = MioOnly,
                Seen = [At("mio-large-bar-no-quirk-linux-7.2", "mmio_read bar2+0x0 len=8: "), WithoutMioAddresses("sys_read off0 len4: ")],
            },
            new(Topic, "no MIO addresses: pcilgi", WithoutMio, "m = mmap bar0;pcilgi m 8")
            {
                Modes = MioOnly,
                Seen = [WithoutMioAddresses("pcilgi first touch off0 len8: ")],
            },
            new(Topic, "no MIO addresses: the path that VfioSharp takes", WithoutMio, "window bar0")
            {
                Modes = MioOnly,
                SeenInGuests = ["s390x 6.12 mio", "s390x 7 mio"],
            },
        ];
    }

    private static Situation[] Dma()
    {
        const string Topic = "DMA";
        return
        [
            new(Topic, "VFIO_IOMMU_MAP_DMA at IOVA 0", Nvme, "dma.map 0 4096")
            {
                Seen = [At("linux-6.12", "nvme/group MAP_DMA: iova=0x0 "), At("linux-7.2", "nvme/group MAP_DMA: iova=0x0 ")],
            },
            new(Topic, "VFIO_IOMMU_MAP_DMA at IOVA 4 GiB", Nvme, "dma.map 0x100000000 4096")
            {
                Seen = [At("linux-6.12", "nvme/group MAP_DMA: iova=0x100000000 "), At("linux-7.2", "nvme/group MAP_DMA: iova=0x100000000 ")],
            },
        ];
    }
}
