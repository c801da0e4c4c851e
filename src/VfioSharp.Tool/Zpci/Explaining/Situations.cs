using VfioSharp.Zpci;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The rows of the table.</summary>
internal static partial class Situations
{
    private const string Nvme = "nvme";
    private const string Ism = "ism";

    private static readonly ZpciMode[] MioOnly = [ZpciMode.Mio];
    private static readonly ZpciMode[] AllModes = [ZpciMode.Nomio, ZpciMode.Mio, ZpciMode.Off];

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Situation> All { get; } =
    [
        .. Offered(), .. ThroughMapping(), .. WithoutAPart(), .. WithoutDecoding(), .. Refused(), .. Buffers(), .. Failing(), .. IsmDevice(), .. Unreachable(),
        .. Dma(),
    ];

    private static Evidence At(string recording, string line) => new(recording, line);

    // The two recordings of NVMe without MIO: an emulated machine that has no MIO instructions, and one that has them and "pci=nomio".
    private static Evidence[] Nvme7(string nomio, string line) => [At("linux-7.2", "nvme/group " + nomio), .. Nvme7(line)];

    private static Evidence[] Nvme7(string line) => [At("mio-machine-pci-nomio-linux-7.2", "mt " + line), At("mio-linux-7.2", "mt " + line)];

    // A kernel 6.12 on the machine that has them.
    private static Evidence Mio6(string line) => At(Recordings.InGuests + "linux-6.12", "mt " + line);

    private static Evidence PciOff(string line) => At(Recordings.InGuests + "pci-off", "mt " + line);

    private static Situation[] Offered()
    {
        const string Topic = "What the kernel offers: NVMe, BAR 0 of 16 KiB";
        return
        [
            new(Topic, "region information of BAR 0", Nvme, "region bar0")
            {
                Seen =
                [
                    At("linux-6.12", "nvme/group region: 0 size=0x4000 "), At("linux-7.2", "nvme/group region: 0 size=0x4000 "), .. Nvme7("region: 0 "),
                    Mio6("region: 0 "),
                ],
            },
            new(Topic, "mmap of BAR 0", Nvme, "m = mmap bar0")
            {
                Seen = [At("linux-6.12", "nvme/group mmap RW bar: "), At("linux-7.2", "nvme/group mmap RW bar: "), .. Nvme7("mmap RW: "), Mio6("mmap RW: ")],
            },
            new(Topic, "mmap of BAR 0, private", Nvme, "m = mmap bar0 private")
            {
                Seen = [At("linux-6.12", "nvme/group mmap PRIVATE: "), At("linux-7.2", "nvme/group mmap PRIVATE: ")],
            },
            new(Topic, "mmap beyond the end of BAR 0", Nvme, "m = mmap bar0 0 0x5000")
            {
                Seen = [At("linux-6.12", "nvme/group mmap beyond: "), At("linux-7.2", "nvme/group mmap beyond: ")],
            },
            new(Topic, "mmap of configuration space", Nvme, "m = mmap config 0 0x1000")
            {
                Seen = [At("linux-6.12", "nvme/group mmap config: "), At("linux-7.2", "nvme/group mmap config: ")],
            },
            new(Topic, "mmap of sysfs resource0", Nvme, "s = mmap resource0") { Modes = AllModes },
            new(Topic, "pread of 8 bytes of BAR 0", Nvme, "pread bar0 0 8")
            {
                Modes = AllModes,
                Seen =
                [
                    At("linux-7.2", "nvme/group pread off0 len8: "), At("linux-6.12", "nvme/group pread16@0: "), .. Nvme7("pread8@0: "), Mio6("pread8@0: "),
                ],
            },
            new(Topic, "the path that VfioSharp takes", Nvme, "window bar0") { SeenInGuests = ["s390x 6.12", "s390x 7", "s390x 6.12 mio", "s390x 7 mio"] },
        ];
    }

    private static Situation[] ThroughMapping()
    {
        const string Topic = "Through a mapping of BAR 0";
        const string Map = "m = mmap bar0;";
        return
        [
            new(Topic, "s390_pci_mmio_read, page not touched before", Nvme, Map + "read m 4")
            {
                Seen = Nvme7("read first touch off0 len8: ", "sys_read first touch by sys_read: "),
            },
            new(Topic, "s390_pci_mmio_read, page touched before", Nvme, Map + "read m 4;read m 4")
            {
                Seen = Nvme7("read second off0 len8: ", "sys_read off0 len4: "),
            },
            new(Topic, "s390_pci_mmio_write, page not touched before", Nvme, Map + "write m+0x24 1f001f00")
            {
                Seen = Nvme7("write RW mapping first touch is write: ", "first touch by sys_write: (sys_write) "),
            },
            new(Topic, "s390_pci_mmio_read of a read-only mapping", Nvme, "m = mmap bar0 r;read m 4")
            {
                Seen = Nvme7("read RO mapping first touch: ", "sys_read RO mapping: "),
            },
            new(Topic, "s390_pci_mmio_write to a read-only mapping", Nvme, "m = mmap bar0 r;write m+0x24 1f001f00")
            {
                Seen = Nvme7("write RO mapping first touch: ", "RO mapping first touch: (sys_write) "),
            },
            new(Topic, "s390_pci_mmio_read of a write-only mapping", Nvme, "m = mmap bar0 w;read m 4")
            {
                Seen = Nvme7("read WO mapping first touch: ", "sys_read WO mapping: "),
            },
            new(Topic, "s390_pci_mmio_read of a mapping without permissions", Nvme, "m = mmap bar0 none;read m 4")
            {
                Seen = Nvme7("read PROT_NONE: ", "sys_read PROT_NONE: "),
            },
            new(Topic, "pcilgi, page not touched before", Nvme, Map + "pcilgi m 8")
            {
                Seen = Nvme7("pcilgi first touch off0 len8: "),
            },
            new(Topic, "pcistgi, page not touched before", Nvme, Map + "pcistgi m+0x24 4 0x1f001f00")
            {
                Seen = Nvme7("pcistgi RW first touch is store: "),
            },
            new(Topic, "pcistgi to a read-only mapping", Nvme, "m = mmap bar0 r;pcistgi m+0x24 4 0")
            {
                Seen = Nvme7("pcistgi RO mapping first touch: "),
            },
            new(Topic, "pcistbi of 16 bytes", Nvme, Map + "pcistbi m+0x28 00000000000000000000000000000000")
            {
                Seen = Nvme7("pcistbi 16 bytes @ASQ: "),
            },
            new(Topic, "an ordinary load", Nvme, Map + "load m 4")
            {
                Seen = Nvme7("plain load first touch new mapping: ", "plain load mapped page: "),
            },
            new(Topic, "s390_pci_mmio_read through sysfs resource0", Nvme, "s = mmap resource0;read s 8")
            {
                Seen = Nvme7("sys_read sysfs resource0 off0 len8: "),
            },
            new(Topic, "pcilgi through sysfs resource0", Nvme, "s = mmap resource0;pcilgi s 8")
            {
                Seen = Nvme7("pcilgi sysfs resource0 off0 len8: "),
            },
        ];
    }

    // Each part of the patch series, switched off by itself.
    private static Situation[] WithoutAPart()
    {
        const string Topic = "A part of the change missing";
        return
        [
            new(Topic, "without the fault fix (fault=off): s390_pci_mmio_read, page not touched before", Nvme, "m = mmap bar0;read m 4")
            {
                HostProperties = ",fault=off",
            },
            new(Topic, "without the fit (fit=off): mmap of a page of ISM's BAR 0", Ism, "m = mmap bar0 0 0x1000") { HostProperties = Flagless },
            new(Topic, "without the mapping (mmap=off): region information of BAR 0", Nvme, "region bar0") { HostProperties = ",mmap=off" },
            new(Topic, "without the mapping (mmap=off): mmap of BAR 0", Nvme, "m = mmap bar0") { HostProperties = ",mmap=off" },
        ];
    }

    private static Situation[] WithoutDecoding()
    {
        const string Topic = "While the function does not answer, and after";
        const string Off = "m = mmap bar0;decode off;";
        const string OnAgain = "m = mmap bar0;decode off;decode on;";
        return
        [
            new(Topic, "decoding off: mmap", Nvme, "decode off;m = mmap bar0")
            {
                Seen = [.. Nvme7("mmap while OFF: ", "mmap decode off: "), Mio6("mmap decode off: ")],
            },
            new(Topic, "decoding off: s390_pci_mmio_read", Nvme, Off + "read m 4")
            {
                Seen = Nvme7("read memory decode OFF: ", "sys_read decode off, old mapping: "),
            },
            new(Topic, "decoding off: s390_pci_mmio_write", Nvme, Off + "write m+0x24 1f001f00")
            {
                Seen = Nvme7("write memory decode OFF: ", "decode off, old mapping: (sys_write) "),
            },
            new(Topic, "decoding off: pcilgi", Nvme, Off + "pcilgi m 4")
            {
                Seen = Nvme7("pcilgi decode off, old mapping: "),
            },
            new(Topic, "decoding off: an ordinary load", Nvme, Off + "load m 4")
            {
                Seen = Nvme7("plain load while OFF: ", "plain load decode off, new mapping: "),
            },
            new(Topic, "decoding off: pread", Nvme, "decode off;pread bar0 0 4")
            {
                Seen = [.. Nvme7("pread memory decode OFF: ", "pread decode off: "), Mio6("pread decode off: ")],
            },
            new(Topic, "decoding on again: s390_pci_mmio_read of the old mapping", Nvme, OnAgain + "read m 4")
            {
                Seen = Nvme7("read memory decode back ON old mapping: ", "sys_read decode on again: "),
            },
            new(Topic, "decoding on again: pcilgi on the old mapping", Nvme, OnAgain + "pcilgi m 4")
            {
                Seen = Nvme7("pcilgi decode on again, old mapping: "),
            },
            new(Topic, "after VFIO_DEVICE_RESET: s390_pci_mmio_read of the old mapping", Nvme, "m = mmap bar0;reset;read m 4")
            {
                Seen = Nvme7("read after reset: ", "sys_read after reset: "),
            },
            new(Topic, "low power: s390_pci_mmio_read", Nvme, "m = mmap bar0;low-power on;read m 4"),
            new(Topic, "low power: pcilgi", Nvme, "m = mmap bar0;low-power on;pcilgi m 4"),
            new(Topic, "low power: pread", Nvme, "low-power on;pread bar0 0 4"),
        ];
    }
}
