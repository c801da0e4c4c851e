namespace VfioSharp.Tool.Zpci.Explaining;

// What the kernel or the device refuses.
internal static partial class Situations
{
    private const string Unmapped = "0x1000000";

    private static Situation[] Refused()
    {
        const string Topic = "Addresses and lengths that are refused";
        return
        [
            new(Topic, "s390_pci_mmio_read where nothing is mapped", Nvme, $"read {Unmapped} 4")
            {
                Modes = AllModes,
                Seen =
                [
                    At("linux-6.12", "nvme/group read unmapped addr len4: "), .. Nvme7("read unmapped addr len4: ", "sys_read unmapped address: "),
                    Mio6("sys_read unmapped address: "), PciOff("sys_read unmapped address: "),
                ],
            },
            new(Topic, "s390_pci_mmio_write where nothing is mapped", Nvme, $"write {Unmapped} 00000000")
            {
                Modes = AllModes,
                Seen = [At("linux-6.12", "nvme/group write unmapped addr len4: "), At("linux-7.2", "nvme/group write unmapped addr len4: ")],
            },
            new(Topic, "s390_pci_mmio_read of ordinary memory", Nvme, "a = mmap memory 4096;read a 4")
            {
                Modes = AllModes,
                Seen =
                [
                    At("linux-6.12", "nvme/group read anon RAM len4: "), .. Nvme7("read anon RAM len4: ", "sys_read anon RAM: "),
                    Mio6("sys_read anon RAM: "), PciOff("sys_read anon RAM: "),
                ],
            },
            new(Topic, "s390_pci_mmio_read of 0 bytes", Nvme, $"read {Unmapped} 0")
            {
                Modes = AllModes,
                Seen =
                [
                    At("linux-6.12", "nvme/group read unmapped len0: "), .. Nvme7("read unmapped len0: ", "sys_read len0: "), Mio6("sys_read len0: "),
                ],
            },
            new(Topic, "s390_pci_mmio_read across a page's end", Nvme, "read 0x1000ffe 4")
            {
                Modes = AllModes,
                Seen = [At("linux-6.12", "nvme/group read unmapped cross page: "), .. Nvme7("read unmapped cross page: ", "sys_read off4094 len4 (page cross): ")],
            },
            new(Topic, "pcilgi where nothing is mapped", Nvme, $"pcilgi {Unmapped} 4")
            {
                Modes = AllModes,
                Seen = [.. Nvme7("pcilgi unmapped address: "), Mio6("pcilgi unmapped address: ")],
            },
            new(Topic, "pcilgi on ordinary memory", Nvme, "a = mmap memory 4096;pcilgi a 4")
            {
                Modes = AllModes,
                Seen = [.. Nvme7("pcilgi anon RAM never touched: "), Mio6("pcilgi anon RAM never touched: "), PciOff("pcilgi anon RAM present: ")],
            },
            new(Topic, "pcilgi of 3 bytes", Nvme, "m = mmap bar0;pcilgi m 3")
            {
                Seen = Nvme7("pcilgi off0 len3: "),
            },
        ];
    }

    private static Situation[] Buffers()
    {
        const string Topic = "Buffers of the system calls that cannot be used";
        const string Map = "m = mmap bar0;";
        return
        [
            new(Topic, "s390_pci_mmio_read of 4 bytes into nothing", Nvme, $"{Map}read m 4 into {Unmapped}")
            {
                Seen = Nvme7("read to unmapped buf: ", "sys_read unmapped buffer: "),
            },
            new(Topic, "s390_pci_mmio_read of 1 byte into nothing", Nvme, $"{Map}read m 1 into {Unmapped}")
            {
                Seen = Nvme7("sys_read unmapped buffer len1: "),
            },
            new(Topic, "s390_pci_mmio_read into read-only memory", Nvme, Map + "b = mmap memory 4096 r;read m 4 into b")
            {
                Seen = Nvme7("sys_read read-only buffer: "),
            },
            new(Topic, "s390_pci_mmio_write from NULL", Nvme, Map + "write m+0x24 from 0 4")
            {
                Seen = Nvme7("write from NULL buf: ", "sys_write NULL buffer: "),
            },
            new(Topic, "s390_pci_mmio_write from nothing", Nvme, $"{Map}write m+0x24 from {Unmapped} 4")
            {
                Seen = Nvme7("write from unmapped buf: ", "sys_write unmapped buffer: "),
            },
        ];
    }

    private static Situation[] Failing()
    {
        const string Topic = "When the device refuses";
        const string Map = "m = mmap bar0;";
        return
        [
            new(Topic, "condition code 1: s390_pci_mmio_read", Nvme, Map + "fail bar0 0x800 cc1;read m+0x800 4")
            {
                Modes = MioOnly,
                Seen = [At("mio-linux-7.2", "mt sys_read fault window cc1 st12: ")],
            },
            new(Topic, "condition code 1: pcilgi", Nvme, Map + "fail bar0 0x800 cc1;pcilgi m+0x800 4")
            {
                Modes = MioOnly,
                Seen = [At("mio-linux-7.2", "mt pcilgi fault window cc1 st12: ")],
            },
            new(Topic, "condition code 1: pread", Nvme, "fail bar0 0x800 cc1;pread bar0 0x800 4")
            {
                Modes = MioOnly,
                Seen = [At("mio-linux-7.2", "mt fault window cc1 st12: (pread) ")],
            },
            new(Topic, "condition code 2, busy: s390_pci_mmio_read", Nvme, Map + "fail bar0 0x800 cc2;read m+0x800 4")
            {
                Modes = MioOnly,
                Seen = [At("mio-linux-7.2", "mt sys_read fault window cc2: ")],
            },
            new(Topic, "an exception in the system call", Nvme, Map + "fail bar0 0x800 operand;read m+0x800 4")
            {
                Modes = MioOnly,
                Seen = [At("mio-linux-7.2", "mt sys_read fault window operand exc: ")],
            },
            new(Topic, "the function went into the error state: s390_pci_mmio_read", Nvme, Map + "read m 4;function error;read m 4"),
            new(Topic, "the function went into the error state: pread", Nvme, "pread bar0 0 4;function error;pread bar0 0 4"),
            new(Topic, "the function is gone: s390_pci_mmio_read", Nvme, Map + "read m 4;function remove;read m 4"),
            new(Topic, "the function is gone: pcilgi", Nvme, Map + "read m 4;function remove;pcilgi m 4"),
            new(Topic, "the function is gone: pread", Nvme, "pread bar0 0 4;function remove;pread bar0 0 4"),
        ];
    }
}
