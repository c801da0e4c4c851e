using System.Globalization;
using System.Text.Json;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Guest.Tests.Nvme;

/// <summary>
/// Our controller, served by this process, attached by QEMU: the kernel's own driver takes it for a disk. The judges are that driver, ext4, e2fsck
/// inside and outside of the guest, fio's checksums, and nvme-cli. Each guest boots twice, the second time to find what the first one left.
/// </summary>
public sealed class KernelDiskTests
{
    private const int LbaOutOfRange = 0x7fff_ffff;

    // When the kernel switches the IOMMU, QEMU unmaps all addresses, in pieces of a power of two, also those where nothing was mapped.
    private const string HarmlessMessage = @"vfio_container_dma_unmap\(.*\) = -2 ";

    // $n is the controller, $files the namespace with the file system, $scratch the one that is overwritten.
    private static readonly (string Name, string Command)[] FirstBoot =
    [
        ("id-ctrl", "nvme id-ctrl $n -o json"),
        ("id-ns 1", "nvme id-ns $files -o json"),
        ("id-ns 2", "nvme id-ns $scratch -o json"),
        ("list-ns", "nvme list-ns $n -o json"),
        ("ns-descs", "nvme ns-descs $files -o json"),
        ("mkfs", "mkfs.ext4 -q $files"),
        ("copy", "mkdir -p /mnt && mount -t ext4 $files /mnt && cp -r /usr/share/misc /usr/bin/fio /usr/bin/busybox /mnt && "
            + "cd /mnt && find . -type f ! -name sums -exec sha256sum {} + >sums && wc -l <sums && cd / && umount /mnt"),
        ("e2fsck", "e2fsck -fn $files"),
        ("fio", "fio --name=verify --filename=$scratch --direct=1 --rw=randrw --bsrange=4k-256k --iodepth=32 --ioengine=libaio --size=12m "
            + "--verify=crc32c --verify_fatal=1 --do_verify=1 --output-format=terse --terse-version=3"),
        ("smart-log", "nvme smart-log $n -o json"),
        ("fw-log", "nvme fw-log $n"),
        ("flush", "nvme flush $scratch"),
        ("compare", "head -c 65536 /usr/bin/fio >/tmp/data; nvme write $scratch -s 0 -c 15 -z 65536 -d /tmp/data && nvme compare $scratch -s 0 -c 15 -z 65536 -d /tmp/data"),
        ("miscompare", "head -c 65536 /usr/bin/busybox >/tmp/other; nvme compare $scratch -s 0 -c 15 -z 65536 -d /tmp/other"),
        ("verify", "nvme verify $scratch -s 0 -c 15"),
        ("write-zeroes", "nvme write-zeroes $scratch -s 0 -c 15 && is_zero $scratch 0 65536"),
        ("dsm", "nvme write $scratch -s 16 -c 15 -z 65536 -d /tmp/data && nvme dsm $scratch -d -s 16 -b 16 && is_zero $scratch 65536 65536"),
        ("out of range", $"nvme read $scratch -s {LbaOutOfRange} -c 0 -z 4096"),
        ("error-log", "nvme error-log $n -e 1 -o json"),
        ("format", "nvme write $scratch -s 0 -c 15 -z 65536 -d /tmp/data && nvme format $scratch --block-size=512 --force && scratch=$(disk $VFIO_DISK 2) && "
            + "cat /sys/block/${scratch##*/}/queue/logical_block_size && is_zero $scratch 0 65536"),
        ("reset", "nvme reset $n && controller $VFIO_DISK"),
        ("unbind and bind", "give $VFIO_DISK vfio-pci && give $VFIO_DISK nvme && controller $VFIO_DISK"),
    ];

    private static readonly (string Name, string Command)[] EveryBoot =
    [
        ("files", "mkdir -p /mnt && mount -t ext4 $files /mnt && cd /mnt && sha256sum -c sums | grep -vc ': OK$' ; cd / && umount /mnt"),
        ("e2fsck again", "e2fsck -fn $files"),
        ("kernel", "dmesg | grep -iE 'nvme|EXT4' | grep -iE 'error|timeout|fail|abort'"),
    ];

    [Theory]
    [InlineData("x86_64 6.12", nameof(NvmeDoorbells.Shared))]
    [InlineData("x86_64 7", nameof(NvmeDoorbells.Trapped))]
    [InlineData("s390x 6.12", nameof(NvmeDoorbells.Trapped))]
    [InlineData("s390x 7", nameof(NvmeDoorbells.Shared))]
    public async Task A_stock_kernel_takes_the_controller_for_a_disk(string guest, string doorbells)
    {
        using var disk = new ServedDisk(Enum.Parse<NvmeDoorbells>(doorbells));
        var session = await NvmeSession.Start(
            guest,
            [.. disk.Devices.GuestOptions, "--no-bind", "--boots", "2"],
            [.. FirstBoot.Select(command => OnDisk(command, "[ $GUEST_BOOT = 2 ] ||")), .. EveryBoot.Select(command => OnDisk(command, string.Empty))]);

        AssertIdentity(session);
        AssertData(session);
        AssertCommands(session);
        foreach (var boot in (string[])["1", "2"])
        {
            Assert.Equal("0", session.OutputOf($"files {boot}"));
            session.OutputOf($"e2fsck again {boot}");
            Assert.Empty(session.Commands[$"kernel {boot}"].Output);
        }

        Assert.Equal(1, disk.Devices["disk"].ClientCount);
        disk.Devices.AssertNoFault();
        Assert.All(session.QemuMessages, message => Assert.Matches(HarmlessMessage, message));
        await AssertFromOutside(disk);
    }

    private static void AssertIdentity(GuestSession session)
    {
        var controller = Json(session, "id-ctrl");
        Assert.Equal(ServedDisk.SerialNumber, controller.GetProperty("sn").GetString()!.TrimEnd());
        Assert.StartsWith("VfioSharp", controller.GetProperty("mn").GetString(), StringComparison.Ordinal);
        AssertNamespace(Json(session, "id-ns 1"), ServedDisk.FileSystemInBytes, blockSizeShift: 9);
        AssertNamespace(Json(session, "id-ns 2"), ServedDisk.ScratchInBytes, blockSizeShift: 12);
        var list = Json(session, "list-ns").GetProperty("nsid_list").EnumerateArray().Select(entry => entry.GetProperty("nsid").GetInt32());
        Assert.Equal([1, 2], list);
        Assert.NotEmpty(Json(session, "ns-descs").GetProperty("ns-descs").EnumerateArray());
    }

    private static void AssertNamespace(JsonElement identity, long lengthInBytes, int blockSizeShift)
    {
        Assert.Equal(lengthInBytes >> blockSizeShift, identity.GetProperty("nsze").GetInt64());
        var format = identity.GetProperty("lbafs")[identity.GetProperty("flbas").GetInt32() & 0xf];
        Assert.Equal((blockSizeShift, 0), (format.GetProperty("ds").GetInt32(), format.GetProperty("ms").GetInt32()));
    }

    private static void AssertData(GuestSession session)
    {
        session.OutputOf("mkfs 1");
        Assert.InRange(int.Parse(session.OutputOf("copy 1"), CultureInfo.InvariantCulture), 3, int.MaxValue);
        session.OutputOf("e2fsck 1");
        // fio's terse format: field 5 is the error, 6 and 47 are what was read and written in KiB.
        var fio = session.OutputOf("fio 1").Split(';');
        Assert.Equal("0", fio[4]);
        Assert.InRange(int.Parse(fio[5], CultureInfo.InvariantCulture), 1 << 10, int.MaxValue);
        Assert.InRange(int.Parse(fio[46], CultureInfo.InvariantCulture), 1 << 10, int.MaxValue);
        var smart = Json(session, "smart-log");
        Assert.InRange(smart.GetProperty("host_write_commands").GetInt64(), 100, long.MaxValue);
        Assert.InRange(smart.GetProperty("data_units_written").GetInt64(), 1, long.MaxValue);
        Assert.Equal((0, 0), (smart.GetProperty("critical_warning").GetInt32(), smart.GetProperty("media_errors").GetInt32()));
    }

    private static void AssertCommands(GuestSession session)
    {
        foreach (var command in (string[])["fw-log", "flush", "compare", "verify", "write-zeroes", "dsm", "reset", "unbind and bind"])
            session.OutputOf($"{command} 1");
        AssertRefused(session.Commands["miscompare 1"], "Compare Failure");
        AssertRefused(session.Commands["out of range 1"], "LBA Out of Range");
        var error = Json(session, "error-log").GetProperty("errors")[0];
        Assert.InRange(error.GetProperty("error_count").GetInt64(), 1, long.MaxValue);
        Assert.Equal((2, LbaOutOfRange), (error.GetProperty("nsid").GetInt32(), error.GetProperty("lba").GetInt64()));
        Assert.Equal("512", session.OutputOf("format 1").Split('\n')[^1]);
    }

    private static void AssertRefused(ProcessRun run, string status)
    {
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(status, run.Output + run.Error, StringComparison.Ordinal);
    }

    // The file is what a flushed disk is: whole for e2fsck on this machine, and sparse where the last format left nothing.
    private static async Task AssertFromOutside(ServedDisk disk)
    {
        var limit = TimeSpan.FromMinutes(1);
        var check = await ProcessRun.Start(Repository.PathOf("guest/program"), ["e2fsprogs", "e2fsck", "-fn", disk.FileSystem], limit);
        Assert.True(check.ExitCode == 0, $"e2fsck of the image: {check.Output}{check.Error}");
        var stat = await ProcessRun.Start("stat", ["-c", "%b", disk.Scratch], limit);
        Assert.InRange(long.Parse(stat.Output, CultureInfo.InvariantCulture) * 512, 0, ServedDisk.ScratchInBytes / 8);
        Assert.Equal(ServedDisk.ScratchInBytes, new FileInfo(disk.Scratch).Length);
    }

    private static JsonElement Json(GuestSession session, string command)
    {
        using var document = JsonDocument.Parse(session.OutputOf($"{command} 1"));
        return document.RootElement.Clone();
    }

    private static (string Name, string Command) OnDisk((string Name, string Command) command, string condition) =>
        ($"{command.Name} $GUEST_BOOT", $"{condition} {{ files=$(disk $VFIO_DISK 1) && scratch=$(disk $VFIO_DISK 2) && n=${{files%n*}} && {command.Command}; }}");
}
