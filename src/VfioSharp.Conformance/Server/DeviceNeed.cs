namespace VfioSharp.Conformance.Server;

/// <summary>What a case needs of the device.</summary>
/// <param name="Name">As a noun phrase: "a region that can be mapped".</param>
/// <param name="IsMet">Whether a device has it.</param>
internal sealed record DeviceNeed(string Name, Func<DeviceSurvey, bool> IsMet)
{
    public static DeviceNeed ConfigSpace { get; } = new("a readable configuration space of at least 64 bytes", device => device.HasConfigSpace);

    public static DeviceNeed MmapFlag { get; } = new(
        "a region with VFIO_REGION_INFO_FLAG_MMAP", device => device.Regions.Any(region => (region.Flags & Trials.Numbers.RegionMmap) != 0 && region.Size != 0));

    public static DeviceNeed MappableRegion { get; } = new("a region that can be mapped", device => device.MappableRegion is not null);

    public static DeviceNeed SparseRegion { get; } = new("a region with sparse areas", device => device.SparseRegion is not null);

    public static DeviceNeed EmptyRegion { get; } = new("a region of size 0", device => device.EmptyRegion is not null);

    public static DeviceNeed IoFds { get; } = new("a region with I/O descriptors", device => device.IoFdRegion is not null);

    public static DeviceNeed IoFdsCommand { get; } = new("the command VFIO_USER_DEVICE_GET_REGION_IO_FDS", device => device.AnswersIoFds);

    public static DeviceNeed Irqs { get; } = new("an interrupt that an eventfd can be set for", device => device.Signalled is not null);

    public static DeviceNeed TwoIrqs { get; } = new("two interrupts of an index that eventfds can be set for", device => device.SignalledTwice is not null);

    public static DeviceNeed MaskableIrq { get; } = new("an interrupt that can be masked", device => device.Irqs.Any(irq => irq.IsMaskable));

    public static DeviceNeed ErrorIrq { get; } = new("the error interrupt (index 3)", device => device.Irq(Trials.Numbers.IrqError) is { Count: > 0 });

    public static DeviceNeed RequestIrq { get; } = new("the request interrupt (index 4)", device => device.Irq(Trials.Numbers.IrqRequest) is { Count: > 0 });

    public static DeviceNeed UnusedIrq { get; } = new("an interrupt index of count 0", device => device.Irqs.Any(irq => irq.Count == 0));

    public static DeviceNeed Reset { get; } = new("a reset (VFIO_DEVICE_FLAGS_RESET)", device => (device.Flags & Trials.Numbers.DeviceReset) != 0);

    public static DeviceNeed Features { get; } = new("device features", device => device.HasMigration || device.HasLogging);

    public static DeviceNeed Migration { get; } = new("the migration feature", device => device.HasMigration);

    public static DeviceNeed PreCopy { get; } = new("migration with PRE_COPY", device => (device.MigrationFlags & Trials.Numbers.MigrationPreCopy) != 0);

    public static DeviceNeed Logging { get; } = new("the DMA logging features", device => device.HasLogging);

    public static DeviceNeed TwinSocket { get; } = new("a twin socket", device => device.OffersTwinSocket);

    public static DeviceNeed WriteMulti { get; } = new("write_multiple", device => device.WritesMultiple);

    public static DeviceNeed KnownFunction { get; } = new(
        "a DMA engine that the suite knows: edu (1234:11e8) or scratch (1af4:10f0)", DmaEngine.Knows);
}
