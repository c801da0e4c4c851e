using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client.Cases;

/// <summary>What a client makes of odd devices: their counts, interrupts and configuration space.</summary>
internal static class DeviceReplyCases
{
    public static IEnumerable<ClientCase> All()
    {
        var info = new ClientCaseGroup("device_info", "VFIO_USER_DEVICE_GET_INFO");
        info.Attaches("regions_10", "a device with a region of its own (10 in all) is used", Info(8, 10));
        info.Attaches("irqs_6", "a device with an interrupt index of its own (6 in all) is used", Info(12, 6));
        info.Attaches("no_reset", "a device that cannot be reset is used", Info(4, Numbers.DevicePci));
        info.Refuses("not_pci", "a device that is no PCI device is not used", Info(4, Numbers.DeviceReset), CaseDuty.Habit);
        info.Survives("regions_0", "a device without regions does no harm", Info(8, 0));
        info.Survives("regions_8", "a device with 8 regions does no harm", Info(8, 8));
        info.Survives("regions_101", "a device with 101 regions does no harm", Info(8, 101));
        info.Survives("regions_max", "a device with 4294967295 regions does no harm", Info(8, uint.MaxValue));
        info.Survives("irqs_0", "a device without interrupt indexes does no harm", Info(12, 0));
        info.Survives("irqs_max", "a device with 4294967295 interrupt indexes does no harm", Info(12, uint.MaxValue));
        info.Survives("flags_max", "a device with all flags does no harm", Info(4, uint.MaxValue));
        info.Survives("argsz_max", "an argsz of 4294967295 does no harm", Info(0, uint.MaxValue));

        var irq = new ClientCaseGroup("irq_info", "VFIO_USER_DEVICE_GET_IRQ_INFO");
        irq.Survives("count_max", "4294967295 interrupts do no harm", Irq(answer => answer.With(12, uint.MaxValue)));
        irq.Survives("wrong_index", "the description of another index does no harm", Irq(answer => answer.With(8, 77u)));
        irq.Survives("error", "an error does no harm", Irq(answer => answer with { Error = Errno.EINVAL, Payload = [] }));
        irq.Survives("short", "a description that ends early does no harm", Irq(answer => answer with { Payload = answer.Payload[..12] }));
        irq.Survives(
            "set_refused", "a SET_IRQS that is refused does no harm",
            Script.On(VfioUserCommand.DeviceSetIrqs, answer => answer with { Error = Errno.EINVAL }));

        var config = new ClientCaseGroup("config_space", "VFIO Device Model");
        config.Survives("no_device", "a configuration space of all ones does no harm", Config(device => Array.Fill(device.Config, (byte)0xff)));
        config.Survives("zeros", "a configuration space of zeros does no harm", Config(device => Array.Clear(device.Config)));
        config.Survives("capability_circle", "capabilities that form a circle do no harm", Config(device => device.Config[0x41] = 0x40));
        config.Survives("capability_in_header", "a capability within the header does no harm", Config(device => device.Config[0x34] = 0x10));
        config.Survives("capability_at_end", "a capability that begins at the last byte does no harm", Config(device => device.Config[0x34] = 0xff));
        config.Survives("msix_outside", "an MSI-X table outside of its BAR does no harm", Config(device => device.Config[0x47] = 0x7f));
        config.Survives("msix_no_bar", "an MSI-X table in a BAR that does not exist does no harm", Config(device => device.Config[0x44] = 6));
        config.Survives(
            "msix_2048", "an MSI-X table of 2048 vectors where the index has 4 does no harm",
            Config(device => (device.Config[0x42], device.Config[0x43]) = (0xff, 0x07)));
        config.Survives("header_type_bridge", "a header of a bridge does no harm", Config(device => device.Config[0x0e] = 1));

        var other = new ClientCaseGroup("refusal", "Request Retry and Response Timeout");
        other.Survives(
            "dma_map", "a DMA_MAP that is refused does no harm",
            Script.On(VfioUserCommand.DmaMap, answer => answer with { Error = Errno.ENOMEM }));
        other.Survives(
            "dma_unmap", "a DMA_UNMAP that is refused does no harm",
            Script.On(VfioUserCommand.DmaUnmap, answer => answer with { Error = Errno.ENOENT, Payload = [] }));
        other.Survives(
            "reset", "a reset that is refused does no harm",
            Script.On(VfioUserCommand.DeviceReset, answer => answer with { Error = Errno.EIO }));
        other.Survives(
            "read", "a read that is refused does no harm",
            Script.On(VfioUserCommand.RegionRead, answer => answer with { Error = Errno.EIO, Payload = [] }));
        other.Survives(
            "write", "a write that is refused does no harm",
            Script.On(VfioUserCommand.RegionWrite, answer => answer with { Error = Errno.EIO, Payload = [] }));

        var read = new ClientCaseGroup("read_reply", "VFIO_USER_REGION_READ");
        read.Survives("no_data", "a reply to a read without its data does no harm", Read(answer => answer with { Payload = answer.Payload[..16] }));
        read.Survives("less_data", "one with less data than its count does no harm", Read(answer => answer with { Payload = answer.Payload[..^1] }));
        read.Survives(
            "more_data", "one with more data than was asked for does no harm",
            Read(answer => answer with { Payload = [.. answer.Payload, .. new byte[4096]] }));
        read.Survives("count_0", "one that says a count of 0 does no harm", Read(answer => answer.With(12, 0u)));
        read.Survives("count_max", "one that says a count of 4294967295 does no harm", Read(answer => answer.With(12, uint.MaxValue)));
        read.Survives("other_place", "one that says another place does no harm", Read(answer => answer.With(0, 0xdead_0000ul)));
        return [.. info.Cases, .. irq.Cases, .. config.Cases, .. other.Cases, .. read.Cases];
    }

    private static Script Info(int offset, uint value) => Script.On(VfioUserCommand.DeviceGetInfo, answer => answer.With(offset, value));

    private static Script Irq(Func<Answer, Answer> alter) => Script.On(VfioUserCommand.DeviceGetIrqInfo, alter);

    private static Script Read(Func<Answer, Answer> alter) =>
        Script.On(VfioUserCommand.RegionRead, answer => answer.Payload.Length > 16 ? alter(answer) : answer);

    private static Script Config(Action<ScriptedDevice> prepare) => new() { Prepare = prepare };
}
