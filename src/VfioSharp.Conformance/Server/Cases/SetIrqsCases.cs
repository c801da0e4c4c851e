using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_SET_IRQS: what is refused.</summary>
internal static class SetIrqsCases
{
    private const VfioUserCommand Set = VfioUserCommand.DeviceSetIrqs;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_set_irqs", "VFIO_USER_DEVICE_SET_IRQS", "device_set_irqs");
        var irqs = DeviceNeed.Irqs;
        group.Must(
            "no_irq_set", "a request without a payload is refused",
            trial => trial.Open().Refuse(Set, default, Errno.EINVAL), mirrors: "device_set_irqs_no_irq_set");
        group.Must(
            "short_write", "a request of 8 bytes is refused",
            trial => trial.Open().Refuse(Set, new byte[8], Errno.EINVAL), mirrors: "device_set_irqs_short_write");
        group.Must(
            "bad_argsz", "an argsz of less than the fixed part is refused",
            trial => Refused(trial, SetTrigger | SetNone, 0, 0, argumentSize: 3), irqs, "device_set_irqs_bad_argsz");
        group.Must(
            "bad_index", "an index that the device has not is refused",
            trial => trial.Open().Refuse(Set, Requests.SetIrqs(SetTrigger | SetNone, trial.Device.IrqCount, 0, 0), Errno.EINVAL),
            mirrors: "device_set_irqs_bad_index");
        group.Must(
            "bad_index_max", "index 4294967295 is refused",
            trial => trial.Open().Refuse(Set, Requests.SetIrqs(SetTrigger | SetNone, uint.MaxValue, 0, 0), Errno.EINVAL));
        group.Must(
            "bad_flags_mask_and_unmask", "MASK with UNMASK is refused",
            trial => Refused(trial, SetMask | SetUnmask, 0, 0), irqs, "device_set_irqs_bad_flags_MASK_and_UNMASK");
        group.Must(
            "bad_flags_data_none_and_data_bool", "DATA_NONE with DATA_BOOL is refused",
            trial => Refused(trial, SetMask | SetNone | SetBool, 0, 0), irqs, "device_set_irqs_bad_flags_DATA_NONE_and_DATA_BOOL");
        group.Must("bad_flags_no_action", "flags without an action are refused", trial => Refused(trial, SetNone, 0, 1), irqs);
        group.Must("bad_flags_no_data", "flags without a kind of data are refused", trial => Refused(trial, SetTrigger, 0, 1), irqs);
        group.Must(
            "bad_start_count_range", "a range that crosses the last interrupt is refused",
            trial => Refused(trial, SetMask | SetNone, trial.Device.Signalled!.Count - 1, 2), irqs, "device_set_irqs_bad_start_count_range");
        group.Must(
            "bad_start_count_range2", "a range behind the last interrupt is refused",
            trial => Refused(trial, SetMask | SetNone, trial.Device.Signalled!.Count + 1, 1), irqs, "device_set_irqs_bad_start_count_range2");
        group.Must(
            "bad_start_count_range3", "a range that overflows is refused",
            trial => Refused(trial, SetTrigger | SetEventFd, trial.Device.Signalled!.Count - 1, uint.MaxValue),
            irqs, "device_set_irqs_bad_start_count_range3");
        group.Must(
            "unused_index", "interrupts of an index that has none are refused",
            trial => trial.Open().Refuse(Set, Requests.SetIrqs(SetTrigger | SetNone, trial.Device.Irqs.First(irq => irq.Count == 0).Index, 0, 1), Errno.EINVAL),
            DeviceNeed.UnusedIrq);
        OfIndex(group, "err", IrqError, DeviceNeed.ErrorIrq);
        OfIndex(group, "req", IrqRequest, DeviceNeed.RequestIrq);
        group.Must(
            "bad_start_for_count_0", "count 0 with a start other than 0 is refused",
            trial => Refused(trial, SetMask | SetNone, 1, 0), irqs, "device_set_irqs_bad_start_for_count_0");
        group.Must(
            "bad_action_for_count_0", "count 0 with another action than TRIGGER is refused",
            trial => Refused(trial, SetMask | SetNone, 0, 0), irqs, "device_set_irqs_bad_action_for_count_0");
        group.Must(
            "bad_action_and_data_type_for_count_0", "count 0 with DATA_BOOL is refused",
            trial => Refused(trial, SetTrigger | SetBool, 0, 0), irqs, "device_set_irqs_bad_action_and_data_type_for_count_0");
        group.Must(
            "bad_fds_for_data_bool", "DATA_BOOL with a descriptor is refused",
            trial => Refused(trial, SetTrigger | SetBool, 0, 1, [0], fdCount: 1), irqs, "device_set_irqs_bad_fds_for_DATA_BOOL");
        group.Must(
            "bad_fds_for_data_none", "DATA_NONE with a descriptor is refused",
            trial => Refused(trial, SetTrigger | SetNone, 0, 1, fdCount: 1), irqs, "device_set_irqs_bad_fds_for_DATA_NONE");
        group.Must(
            "bad_fds_for_count_2", "fewer descriptors than count are refused",
            trial => Refused(trial, SetTrigger | SetEventFd, 0, 2, fdCount: 1), DeviceNeed.TwoIrqs, "device_set_irqs_bad_fds_for_count_2");
        group.Must(
            "more_fds_than_count", "more descriptors than count are refused",
            trial => Refused(trial, SetTrigger | SetEventFd, 0, 1, fdCount: 2), DeviceNeed.TwoIrqs);
        group.Must(
            "trigger_bool_too_small", "less booleans than count are refused",
            trial => Refused(trial, SetTrigger | SetBool, 0, 2, [0]), DeviceNeed.TwoIrqs, "device_set_irqs_trigger_bool_too_small");
        group.Must(
            "trigger_bool_too_large", "more booleans than count are refused",
            trial => Refused(trial, SetTrigger | SetBool, 0, 2, [0, 0, 0]), DeviceNeed.TwoIrqs, "device_set_irqs_trigger_bool_too_large");
        return group.Cases;
    }

    private static void OfIndex(CaseGroup group, string name, uint index, DeviceNeed need)
    {
        group.Must(
            $"bad_action_for_{name}_irq", "it cannot be masked",
            trial => trial.Open().Refuse(Set, Requests.SetIrqs(SetMask | SetNone, index, 0, 1), Errno.EINVAL),
            need, $"device_set_irqs_bad_action_for_{name}_irq");
        group.Must(
            $"bad_start_count_range_for_{name}_irq", "it is one interrupt alone",
            trial => trial.Open().Refuse(Set, Requests.SetIrqs(SetTrigger | SetNone, index, 0, 2), Errno.EINVAL),
            need, $"device_set_irqs_bad_start_count_range_for_{name}_irq");
    }

    private static void Refused(ServerTrial trial, uint flags, uint start, uint count, byte[]? data = null, uint? argumentSize = null, int fdCount = 0)
    {
        var peer = trial.Open();
        var bells = Enumerable.Range(0, fdCount).Select(_ => trial.Own(new Bell())).ToArray();
        peer.Refuse(
            Set, Requests.SetIrqs(flags, trial.Device.Signalled!.Index, start, count, data, argumentSize), Errno.EINVAL,
            bells.Select(bell => bell.Number).ToArray());
    }
}
