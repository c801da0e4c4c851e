using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_GET_INFO and DEVICE_GET_IRQ_INFO.</summary>
internal static class InfoCases
{
    private const VfioUserCommand Info = VfioUserCommand.DeviceGetInfo;
    private const VfioUserCommand IrqInfo = VfioUserCommand.DeviceGetIrqInfo;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_get_info", "VFIO_USER_DEVICE_GET_INFO", "device_get_info");
        group.Must(
            "short_write", "a request of 8 bytes is refused",
            trial => trial.Open().Refuse(Info, new byte[8], Errno.EINVAL), mirrors: "device_get_info");
        group.Must(
            "bad_argsz", "an argsz of less than the reply is refused",
            trial => trial.Open().Refuse(Info, Requests.DeviceInfo(8), Errno.EINVAL), mirrors: "device_get_info");
        group.Must(
            "device_get_info", "the reply says argsz 16, a PCI device, its regions and interrupt indexes",
            DeviceInfo, mirrors: "device_get_info");
        group.Must("larger_argsz", "a larger argsz gets the same reply", trial =>
        {
            var peer = trial.Open();
            var usual = peer.Accept(Info, Requests.DeviceInfo());
            Expect.Equal(usual.Payload, peer.Accept(Info, Requests.DeviceInfo(32)).OfLength(16).Payload, "the reply to an argsz of 32");
        }, mirrors: "device_get_info");
        group.Must("no_fds", "no descriptor comes with it", trial => trial.Open().Accept(Info, Requests.DeviceInfo()).WithFds(0));

        var irqs = new CaseGroup("device_get_irq_info", "VFIO_USER_DEVICE_GET_IRQ_INFO", "device_get_irq_info");
        irqs.Must(
            "short_write", "a request of 8 bytes is refused",
            trial => trial.Open().Refuse(IrqInfo, new byte[8], Errno.EINVAL), mirrors: "device_get_irq_info_bad_in");
        irqs.Must(
            "bad_argsz", "an argsz of less than the reply is refused",
            trial => trial.Open().Refuse(IrqInfo, Requests.IrqInfo(0, 8), Errno.EINVAL), mirrors: "device_get_irq_info_bad_in");
        irqs.Must(
            "bad_index", "an index that the device has not is refused",
            trial => trial.Open().Refuse(IrqInfo, Requests.IrqInfo(trial.Device.IrqCount), Errno.EINVAL), mirrors: "device_get_irq_info_bad_in");
        irqs.Must(
            "bad_index_max", "index 4294967295 is refused",
            trial => trial.Open().Refuse(IrqInfo, Requests.IrqInfo(uint.MaxValue), Errno.EINVAL));
        irqs.Must("device_get_irq_info", "each index is described in 16 bytes, with flags that exist", EachIrq, mirrors: "device_get_irq_info");
        irqs.Must("larger_argsz", "a larger argsz gets the same reply", trial =>
        {
            var peer = trial.Open();
            var usual = peer.Accept(IrqInfo, Requests.IrqInfo(0));
            Expect.Equal(usual.Payload, peer.Accept(IrqInfo, Requests.IrqInfo(0, 32)).OfLength(16).Payload, "the reply to an argsz of 32");
        }, mirrors: "device_get_irq_info");
        irqs.Habit("eventfd", "each index that has interrupts says VFIO_IRQ_INFO_EVENTFD", trial =>
        {
            foreach (var irq in trial.Device.Irqs.Where(irq => irq.Count != 0))
                Expect.That(irq.IsSignalled, $"index {irq.Index} has {irq.Count} interrupts and flags 0x{irq.Flags:x}.");
        });
        irqs.Must("bounds", "INTx, error and request have at most one interrupt, MSI at most 32, MSI-X at most 2048", trial =>
        {
            foreach (var (index, most) in ((uint, uint)[])[(Numbers.IrqIntx, 1), (Numbers.IrqMsi, 32), (Numbers.IrqMsix, 2048), (Numbers.IrqError, 1), (Numbers.IrqRequest, 1)])
                Expect.That(
                    (trial.Device.Irq(index)?.Count ?? 0) <= most,
                    $"index {index} has {trial.Device.Irq(index)?.Count} interrupts, expected at most {most}.");
        });
        return [.. group.Cases, .. irqs.Cases];
    }

    private static void DeviceInfo(ServerTrial trial)
    {
        var reply = trial.Open().Accept(Info, Requests.DeviceInfo()).OfLength(16);
        Expect.Equal(16, reply.U32(0), "argsz of the reply");
        Expect.That((reply.U32(4) & Numbers.DevicePci) != 0, $"the flags are 0x{reply.U32(4):x}, without VFIO_DEVICE_FLAGS_PCI.");
        Expect.That(reply.U32(8) >= 9, $"the device has {reply.U32(8)} regions; a PCI device has at least 9.");
        Expect.That(reply.U32(12) >= 5, $"the device has {reply.U32(12)} interrupt indexes; a PCI device has at least 5.");
    }

    private static void EachIrq(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var index = 0u; index < trial.Device.IrqCount; index++)
        {
            var reply = peer.Accept(IrqInfo, Requests.IrqInfo(index)).OfLength(16).WithFds(0);
            Expect.Equal(16, reply.U32(0), "argsz of the reply");
            Expect.Equal(index, reply.U32(8), "the index of the reply");
            Expect.That((reply.U32(4) & ~0xfu) == 0, $"the flags of index {index} are 0x{reply.U32(4):x}.");
        }
    }
}
