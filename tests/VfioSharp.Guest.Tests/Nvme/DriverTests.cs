using System.Security.Cryptography;
using System.Text.Json;

namespace VfioSharp.Guest.Tests.Nvme;

/// <summary>
/// Our driver, as `vfio nvme`, on QEMU's controller, beside the kernel's driver and nvme-cli on the same controller in the same boot: on x86-64 by
/// loads and stores, on IBM Z by the system calls for MMIO or by MIO instructions and, before Linux 6.15, by the region's file.
/// </summary>
public sealed class DriverTests
{
    private const int DataInBytes = 1 << 20;
    private const int OurPlaceInBytes = 8 << 20;

    // What differs between two looks at the same controller.
    private static readonly string[] Counters =
        ["data_units_read", "data_units_written", "host_read_commands", "host_write_commands", "controller_busy_time", "power_on_hours"];

    [Theory]
    [InlineData("x86_64 6.12")]
    [InlineData("x86_64 7")]
    [InlineData("s390x 6.12")]
    [InlineData("s390x 7")]
    [InlineData("s390x 7 mio")]
    public async Task It_agrees_with_nvme_cli_and_exchanges_data_with_the_kernels_driver(string guest)
    {
        using var folder = new TemporaryFolder();
        var data = RandomNumberGenerator.GetBytes(DataInBytes);
        await File.WriteAllBytesAsync(folder.PathOf("data"), data, TestContext.Current.CancellationToken);
        var session = await NvmeSession.Start(
            guest,
            [
                "--no-bind", "--include", $"{folder.PathOf("data")}:/tmp/data",
                "--device", $"nvme,id=small,file={folder.PathOf("small")}",
                "--device", $"nvme,id=large,logical_block_size=4096,physical_block_size=4096,file={folder.PathOf("large")}",
            ],
            [.. CommandsFor("small", 512), .. CommandsFor("large", 4096)]);

        foreach (var disk in (string[])["small", "large"])
        {
            AssertIdentity(session, disk);
            IdentifyComparison.AssertSame(Json(session, $"smart-log {disk}"), Json(session, $"smart {disk}").GetProperty("smartLog"), fewest: 12, Counters);
            var sum = Convert.ToHexStringLower(SHA256.HashData(data));
            Assert.Equal(sum, session.OutputOf($"we read {disk}"));
            session.OutputOf($"we write {disk}");
            Assert.Equal(sum, session.OutputOf($"kernel reads {disk}"));
            Assert.Equal(data, ReadFile(folder.PathOf(disk), OurPlaceInBytes));
        }
    }

    private static (string Name, string Command)[] CommandsFor(string disk, int blockSizeInBytes)
    {
        var address = $"$VFIO_{disk.ToUpperInvariant()}";
        var kernel = $"give {address} nvme && n=$(controller {address})";
        return
        [
            ($"kernel writes {disk}", $"{kernel} && dd if=/tmp/data of=$(disk {address}) bs=64k oflag=direct"),
            ($"id-ctrl {disk}", $"{kernel} && nvme id-ctrl $n -o json"),
            ($"id-ns {disk}", $"{kernel} && nvme id-ns $(disk {address}) -o json"),
            ($"smart-log {disk}", $"{kernel} && nvme smart-log $n -o json"),
            ($"identify {disk}", $"give {address} vfio-pci && vfio nvme identify {address} --json"),
            ($"smart {disk}", $"vfio nvme smart {address} --json"),
            ($"we read {disk}", $"vfio nvme read {address} --length {DataInBytes} --output - | sha256sum | cut -d' ' -f1"),
            ($"we write {disk}", $"vfio nvme write {address} --lba {OurPlaceInBytes / blockSizeInBytes} --input /tmp/data --force"),
            ($"kernel reads {disk}", $"{kernel} && sum $(disk {address}) {OurPlaceInBytes} {DataInBytes}"),
        ];
    }

    private static void AssertIdentity(GuestSession session, string disk)
    {
        var ours = Json(session, $"identify {disk}");
        IdentifyComparison.AssertSame(Json(session, $"id-ctrl {disk}"), ours.GetProperty("controller"), fewest: 90);
        IdentifyComparison.AssertSame(Json(session, $"id-ns {disk}"), ours.GetProperty("namespaces")[0], fewest: 35, "vs");
    }

    private static byte[] ReadFile(string path, long offset)
    {
        using var file = File.OpenHandle(path);
        var content = new byte[DataInBytes];
        return RandomAccess.Read(file, content, offset) == DataInBytes ? content : throw new InvalidOperationException($"{path} is too short.");
    }

    private static JsonElement Json(GuestSession session, string command)
    {
        using var document = JsonDocument.Parse(session.OutputOf(command));
        return document.RootElement.Clone();
    }
}
