using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using FsCheck.Xunit;
using VfioSharp.IbmZ;
using VfioSharp.Mmio;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Regions;

/// <summary>Windows on BARs of a host whose mappings are no memory of this process.</summary>
public sealed class IbmZWindowTests
{
    private static readonly DeviceAddress Address = DeviceAddress.Parse("0001:00:00.0");

    private readonly IbmZHost _host = new(0x4000);

    [Theory]
    [InlineData(AccessPath.MmioSyscall, "syscall read", "syscall write")]
    [InlineData(AccessPath.MioInstruction, "PCILGI", "PCISTGI")]
    public void An_access_is_one_call_of_exactly_its_width(AccessPath path, string read, string write)
    {
        using var device = Open();
        using var window = device.Regions[0].Open(new WindowOptions { Offset = 0x1004, LengthInBytes = 0x100, Path = path });
        window.Write8(0, 0x11);
        window.Write16(2, 0x2221);
        window.Write32(4, 0x34333231);
        window.Write64(12, 0x4847464544434241);
        Assert.Equal(
            [0x11, 0, 0x21, 0x22, 0x31, 0x32, 0x33, 0x34, 0, 0, 0, 0, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48], _host.Bytes[0x1004..0x1018]);
        Assert.Equal(0x11, window.Read8(0));
        Assert.Equal(0x2221, window.Read16(2));
        Assert.Equal(0x34333231u, window.Read32(4));
        Assert.Equal(0x4847464544434241ul, window.Read64(12));
        Assert.Equal(
            [
                $"{write} 1 at 0x1004", $"{write} 2 at 0x1006", $"{write} 4 at 0x1008", $"{write} 8 at 0x1010",
                $"{read} 1 at 0x1004", $"{read} 2 at 0x1006", $"{read} 4 at 0x1008", $"{read} 8 at 0x1010",
            ],
            _host.Calls);
    }

    [Theory]
    [InlineData(AccessPath.MmioSyscall)]
    [InlineData(AccessPath.MioInstruction)]
    public void A_window_says_where_it_is_mapped_until_it_is_closed(AccessPath path)
    {
        using var device = Open();
        var window = device.Regions[0].Open(new WindowOptions { Offset = 0x1008, LengthInBytes = 8, Path = path });
        Assert.Equal(unchecked((nuint)(IbmZHost.MappedAt + 0x1008)), window.MappedAddress);
        window.Dispose();
        Assert.Null(window.MappedAddress);
        Assert.Throws<ObjectDisposedException>(() => window.Read32(0));
    }

    [Fact]
    public void A_system_call_that_returns_anything_but_zero_is_a_fault_and_is_not_repeated()
    {
        using var device = Open(hasMio: false);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        AccessOutcome[] failures =
        [
            AccessOutcome.OfErrno(Errno.ENXIO), AccessOutcome.OfErrno(Errno.EINVAL), AccessOutcome.OfErrno(Errno.EACCES),
            AccessOutcome.OfErrno(Errno.EFAULT), AccessOutcome.OfErrno(Errno.EIO), AccessOutcome.OfErrno(Errno.ENODEV),
            .. Enumerable.Range(1, 3).Select(code => AccessOutcome.OfConditionCode(code)),
        ];
        foreach (var failure in failures)
        {
            _host.Answers.Enqueue(failure);
            var read = Assert.Throws<DeviceAccessException>(() => window.Read32(0x10));
            Assert.Equal(failure, read.Outcome);
            Assert.Equal(failure.Errno, read.Errno);
            Assert.NotNull(read.Advice);
            _host.Answers.Enqueue(failure);
            Assert.Equal(failure, Assert.Throws<DeviceAccessException>(() => window.Write64(0x10, 1)).Outcome);
        }

        Assert.Equal(2 * failures.Length, _host.Calls.Count);
        Assert.Equal(2 * failures.Length, window.FaultCount);
    }

    [Fact]
    public void A_read_that_fails_answers_all_ones_and_is_counted_with_its_cause()
    {
        var causes = new ConcurrentQueue<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => Listen(instrument, listener) };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => causes.Enqueue(string.Join(", ", tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();

        using var device = Open();
        using var window = device.Regions[0].Open(new WindowOptions { Path = AccessPath.MioInstruction });
        _host.Answers.Enqueue(AccessOutcome.OfConditionCode(3));
        _host.Answers.Enqueue(AccessOutcome.OfSignal(7));
        Assert.Equal(0xffff, window.Read16(0));
        Assert.Equal(ulong.MaxValue, window.Read64(0));
        Assert.Equal(2, window.FaultCount);
        Assert.Contains("path=MioInstruction, cause=condition code 3", causes);
        Assert.Contains("path=MioInstruction, cause=SIGBUS", causes);
    }

    [Fact]
    public void A_busy_function_is_asked_again_as_long_as_it_makes_sense()
    {
        using var device = Open();
        using var window = device.Regions[0].Open(new WindowOptions { Path = AccessPath.MioInstruction, OnFault = OnFault.Throw });
        for (var i = 0; i < 5; i++)
            _host.Answers.Enqueue(AccessOutcome.OfConditionCode(2));
        window.Write32(0, 42);
        Assert.Equal(6, _host.Calls.Count);
        Assert.Equal(42u, window.Read32(0));

        _host.Calls.Clear();
        for (var i = 0; i < 2 * MioInstructionAccessor.MaximumTries; i++)
            _host.Answers.Enqueue(AccessOutcome.OfConditionCode(2));
        var failure = Assert.Throws<DeviceAccessException>(() => window.Read32(0));
        Assert.Contains("1000 times", failure.Message, StringComparison.Ordinal);
        Assert.Equal(MioInstructionAccessor.MaximumTries, _host.Calls.Count);
    }

    [Fact]
    public void An_error_of_the_function_is_told_with_its_status()
    {
        using var device = Open();
        using var window = device.Regions[0].Open(new WindowOptions { Path = AccessPath.MioInstruction, OnFault = OnFault.Throw });
        _host.Answers.Enqueue(AccessOutcome.OfConditionCode(1, status: 8));
        var failure = Assert.Throws<DeviceAccessException>(() => window.Read32(0));
        Assert.Contains("condition code 1, status 8 (the function is in error state)", failure.Message, StringComparison.Ordinal);
        Assert.Single(_host.Calls);
    }

    [Fact]
    public void A_function_out_of_reach_cannot_be_opened_and_the_plan_says_why()
    {
        using var device = Open(isMioEnabled: false);
        var region = device.Regions[0];
        Assert.Equal(AccessPath.Unreachable, region.Plan().Path);
        var failure = Assert.Throws<VfioException>(() => region.Open());
        Assert.Equal(region.Plan().Reason, failure.Advice);
    }

    [Fact]
    public void The_option_of_the_device_prefers_system_calls()
    {
        using var device = Open(options: new VfioOptions { PreferMmioSyscalls = true });
        Assert.Equal(AccessPath.MmioSyscall, device.Regions[0].Plan().Path);
    }

    [Fact]
    public void A_mapping_that_is_no_memory_of_this_process_is_never_loaded_from()
    {
        var backend = new ByteArrayBackend { Flags = RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap, PartMapper = _host.Map };
        using var device = VfioDevice.Open(Address, backend.With(0, new byte[0x1000]));
        Assert.Throws<ArgumentException>(() => device.Regions[0].Open());
    }

    [Property]
    public void Bytes_of_any_length_are_split_into_aligned_registers_that_cover_them_once(ushort offset, byte length, bool byInstruction)
    {
        var host = new IbmZHost(0x10000 + 256);
        var description = host.Describe(hasMio: true);
        using var mapping = host.Map(0, 0x11000);
        MappedRegionAccessor accessor = byInstruction
            ? new MioInstructionAccessor(description.Instructions!, mapping, 0)
            : new MmioSyscallAccessor(description.Syscalls!, mapping, 0);
        var source = Enumerable.Range(1, length).Select(i => (byte)i).ToArray();
        Assert.True(accessor.Write(offset, source).IsDone);
        Assert.Equal(source, host.Bytes[offset..(offset + length)]);
        Assert.Equal(source.Sum(each => each), host.Bytes.Sum(each => each));

        var back = new byte[length];
        Assert.True(accessor.Read(offset, back).IsDone);
        Assert.Equal(source, back);

        var next = (int)offset;
        foreach (var call in host.Calls.Take(host.Calls.Count / 2))
        {
            var words = call.Split(' ');
            var width = int.Parse(words[^3], CultureInfo.InvariantCulture);
            Assert.Equal(next, int.Parse(words[^1][2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            Assert.Equal(0, next % width);
            next += width;
        }

        Assert.Equal(offset + length, next);
    }

    [Property]
    public void A_window_means_the_same_by_every_way(byte[] offsets, ulong value)
    {
        using var memory = new SharedMemory();
        using var byLoads = memory.Open();
        using var device = Open();
        using var byCalls = device.Regions[0].Open(new WindowOptions { Path = AccessPath.MmioSyscall });
        using var byInstructions = device.Regions[0].Open(new WindowOptions { Offset = 0x1000, Path = AccessPath.MioInstruction });
        RegionWindow[] windows = [byLoads, byCalls, byInstructions];
        foreach (var offset in offsets ?? [])
        {
            foreach (var window in windows)
            {
                window.Write64(8ul * offset, value);
                window.Write8(8ul * offset + 1, offset);
                window.Write16(8ul * offset + 2, (ushort)(value * offset));
                window.Write32(8ul * offset + 4, (uint)(value ^ offset));
            }

            Assert.Single(windows.Select(window => window.Read64(8ul * offset)).Distinct());
            Assert.Single(windows.Select(window => window.Read32(8ul * offset)).Distinct());
            Assert.Single(windows.Select(window => window.Read16(8ul * offset + 6)).Distinct());
            Assert.Single(windows.Select(window => window.Read8(8ul * offset + 1)).Distinct());
        }

        Assert.Equal(memory.Read(0, 0x1000), _host.Bytes[..0x1000]);
        Assert.Equal(memory.Read(0, 0x1000), _host.Bytes[0x1000..0x2000]);
        Array.Clear(_host.Bytes);
    }

    [Fact]
    public void A_window_that_is_mapped_for_DMA_names_the_address_of_its_host()
    {
        using var device = Open();
        using var window = device.Regions[0].Open(new WindowOptions { Offset = 0x1000, LengthInBytes = 0x2000, Path = AccessPath.MmioSyscall });
        using var mapping = device.Dma.MapRegion(window);
        var entry = Assert.Single(((RecordingDmaBackend)device.Dma.Backend).Mappings).Value;
        Assert.Equal(unchecked((nuint)(IbmZHost.MappedAt + 0x1000)), entry.Address);
    }

    [Fact]
    public void What_fails_in_the_middle_ends_there()
    {
        var host = new IbmZHost(0x1000);
        using var mapping = host.Map(0, 0x1000);
        var accessor = new MmioSyscallAccessor(host.Describe().Syscalls!, mapping, 0);
        host.Answers.Enqueue(AccessOutcome.Done);
        host.Answers.Enqueue(AccessOutcome.OfErrno(Errno.ENXIO));
        Assert.Equal(Errno.ENXIO, accessor.Write(0, new byte[64]).Errno);
        Assert.Equal(2, host.Calls.Count);
    }

    private static void Listen(Instrument instrument, MeterListener listener)
    {
        if (instrument is { Meter.Name: "VfioSharp", Name: "vfio.faults" })
            listener.EnableMeasurementEvents(instrument);
    }

    private VfioDevice Open(bool hasMio = true, bool isMioEnabled = true, VfioOptions? options = null) => VfioDevice.Open(
        Address,
        new ByteArrayBackend
        {
            Flags = RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap,
            HostOfMappings = _host.Describe(hasMio),
            Zpci = new ZpciDescription { IsMioEnabled = isMioEnabled, Driver = "vfio-pci" },
            PartMapper = _host.Map,
        }.With(0, _host.Bytes),
        options);
}
