using System.Buffers.Binary;
using FsCheck;
using FsCheck.Xunit;

namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>Capabilities and identify data that no sane controller has. Either the driver says no, or what it made of them holds.</summary>
public sealed class HostileIdentityTests
{
    private const byte OfNamespace = 0;
    private const byte OfController = 1;
    private const byte ActiveList = 2;
    private const int MaxTransfer = 77;
    private const int EntrySizes = 512;
    private const int NamespaceCount = 516;
    private const int FirstFormat = 128;

    [Theory]
    [InlineData(OfNamespace)]
    [InlineData(OfController)]
    [InlineData(ActiveList)]
    public Task All_ones_are_refused(byte kind) => RequireRefusal(kind, data => data.AsSpan().Fill(0xff));

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(40)]
    [InlineData(255)]
    public Task Blocks_of_an_impossible_size_are_refused(byte exponent) => RequireRefusal(OfNamespace, data => data[FirstFormat + 2] = exponent);

    [Fact]
    public Task Metadata_is_refused() => RequireRefusal(OfNamespace, data => data[FirstFormat] = 8);

    [Fact]
    public Task More_namespaces_than_there_are_numbers_for_are_refused_or_found_one_by_one() => RequireSense(
        OfController, data => BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(NamespaceCount), uint.MaxValue));

    [Theory]
    [InlineData(0x55)]
    [InlineData(0x77)]
    [InlineData(0x00)]
    public Task Queue_entries_of_another_size_are_refused(byte size) => RequireRefusal(OfController, data => data[EntrySizes] = size);

    [Theory]
    [InlineData(255)]
    [InlineData(63)]
    [InlineData(20)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Transfers_keep_within_the_drivers_own_limit_whatever_the_controller_claims(byte exponent)
    {
        await using var device = await FaultyDevice.OpenAsync(prepare: Change(OfController, data => data[MaxTransfer] = exponent));

        Assert.InRange(device.Driver.MaxTransferInBytes, 4096, FaultyDevice.Options().MaxTransferInBytes);
        await device.RequireItWorks(0x21);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1ul << 55)]
    public Task A_namespace_of_more_bytes_than_can_be_counted_does_no_harm(ulong blocks) => RequireSense(OfNamespace, data =>
    {
        for (var offset = 0; offset < 24; offset += 8)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(offset), blocks);
    });

    [Fact]
    public Task A_list_of_namespaces_that_does_not_ascend_does_not_keep_the_driver_busy() => RequireSense(ActiveList, data =>
    {
        for (var offset = 0; offset < data.Length; offset += 4)
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(offset), 1);
    });

    [Fact]
    public async Task A_controller_without_namespaces_is_opened_and_has_none()
    {
        await using var device = await FaultyDevice.OpenAsync(prepare: Change(ActiveList, data => Array.Clear(data)));

        Assert.Empty(device.Driver.Namespaces);
    }

    [Fact]
    public async Task A_command_that_the_controller_does_not_have_is_not_sent()
    {
        await using var device = await FaultyDevice.OpenAsync(prepare: Change(OfController, data => data.AsSpan(520, 2).Clear()));

        await FaultyDevice.RequireFailure(NvmeFailure.Unsupported, device.Disk.WriteZeroesAsync(0, 8).AsTask());

        Assert.Equal(0, device.Controller.Count(FaultyController.WriteZeroes));
    }

    // CAP (3.1.3.1): no queue entries but one; the largest stride; the smallest page of 128 MiB; no NVM command set; all ones but one.
    [Theory]
    [InlineData(0xffff, 0ul)]
    [InlineData(0, 15ul << 48)]
    [InlineData(1ul << 37, 0ul)]
    [InlineData(0, ulong.MaxValue - 1)]
    public async Task Capabilities_that_nothing_can_be_done_with_are_refused(ulong cleared, ulong set)
    {
        await using var device = new FaultyDevice(controller => controller.ChangeCapabilities = value => value & ~cleared | set);

        await Assert.ThrowsAnyAsync<NvmeException>(() => device.ConnectAsync().InTime());
    }

    // Among its changes is the exponent of the block size, which leaves a namespace that is there and cannot be read.
    [Fact]
    public void Noise_that_makes_the_format_impossible_leaves_a_namespace_that_refuses() =>
        Any_identify_data_is_refused_or_makes_sense(OfNamespace, 12, PositiveInt.NewPositiveInt(20));

    [Property(MaxTest = 60)]
    public void Any_identify_data_is_refused_or_makes_sense(byte kind, int seed, PositiveInt changes) => RequireSense((byte)(kind % 4), data =>
    {
        var random = new Random(seed);
        // A few bytes of what is looked at first; with many changes all of it is noise.
        for (var i = 0; i < changes.Get; i++)
            data[random.Next(2) == 0 ? random.Next(data.Length) : random.Next(536)] = (byte)random.Next(256);
    }).GetAwaiter().GetResult();

    private static Action<FaultyController> Change(byte kind, Action<byte[]> change) => controller => controller.ChangeIdentify = (of, data) =>
    {
        if (of == kind)
            change(data);
    };

    // A namespace that cannot be driven is no reason to leave the others, nor the controller's own commands, alone: it may be missing, or refuse its commands.
    private static async Task RequireRefusal(byte kind, Action<byte[]> change)
    {
        await using var device = new FaultyDevice(Change(kind, change));
        try
        {
            await device.ConnectAsync();
        }
        catch (NvmeException failure)
        {
            Assert.Contains(failure.Reason, new[] { NvmeFailure.ProtocolViolation, NvmeFailure.Unsupported });
            return;
        }

        if (device.Driver.Namespaces.Count == 0)
            return;
        await RequireRefusedUnsent(device, device.Disk);
    }

    private static async Task RequireRefusedUnsent(FaultyDevice device, NvmeNamespace disk)
    {
        var sent = device.Controller.Count(FaultyController.Read);
        using var buffer = device.Allocate(4096);
        var refusal = await Assert.ThrowsAnyAsync<NvmeException>(() => disk.ReadAsync(0, buffer.Memory).InTime());
        Assert.Contains(refusal.Reason, new[] { NvmeFailure.ProtocolViolation, NvmeFailure.Unsupported });
        Assert.Equal(sent, device.Controller.Count(FaultyController.Read));
    }

    private static async Task RequireSense(byte kind, Action<byte[]> change)
    {
        await using var device = new FaultyDevice(Change(kind, change));
        try
        {
            await device.ConnectAsync();
        }
        catch (NvmeException)
        {
            return;
        }

        Assert.InRange(device.Driver.MaxTransferInBytes, 512, FaultyDevice.Options().MaxTransferInBytes);
        foreach (var disk in device.Driver.Namespaces)
        {
            Assert.NotEqual(0u, disk.Id);
            if (disk.Obstacle is not null)
            {
                await RequireRefusedUnsent(device, disk);
                continue;
            }

            Assert.InRange(disk.BlockSizeInBytes, 512, 1 << 20);
            using var buffer = device.Allocate(disk.BlockSizeInBytes + 4096, 0x66);
            try
            {
                await disk.ReadAsync(0, buffer.Memory.Slice(0, disk.BlockSizeInBytes)).InTime();
            }
            catch (NvmeException failure)
            {
                Assert.NotEqual(NvmeFailure.TimedOut, failure.Reason);
            }

            // Beyond what was asked for nothing is written, whatever the controller takes a block to be.
            Assert.False(buffer.Memory.Slice(disk.BlockSizeInBytes).Span.ContainsAnyExcept((byte)0x66));
        }
    }
}
