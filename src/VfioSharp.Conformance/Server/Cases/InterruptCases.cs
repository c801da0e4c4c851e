using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_SET_IRQS: what is done. A client's own trigger shows which eventfd is connected.</summary>
internal static class InterruptCases
{
    private const VfioUserCommand Set = VfioUserCommand.DeviceSetIrqs;

    // Long enough for a signal that must not come; each case that waits in vain costs so much.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_set_irqs", "VFIO_USER_DEVICE_SET_IRQS", "device_set_irqs");
        var irqs = DeviceNeed.Irqs;
        group.Must(
            "disable", "count 0 with DATA_NONE disables an index, and so does DATA_EVENTFD without a descriptor",
            Disable, irqs, "device_set_irqs_disable");
        group.Must(
            "enable", "an eventfd can be set, and the reply has no payload",
            trial => Connect(trial, trial.Open(), 0, 1), irqs, "device_set_irqs_enable");
        group.Must("enable_update", "another eventfd takes the place of one", Update, irqs, "device_set_irqs_enable_update");
        group.Must(
            "enable_trigger_none", "TRIGGER with DATA_NONE signals just the interrupts of the range",
            TriggerNone, DeviceNeed.TwoIrqs, "device_set_irqs_enable_trigger_none");
        group.Must(
            "enable_trigger_bool", "TRIGGER with DATA_BOOL signals just those that are true",
            TriggerBool, DeviceNeed.TwoIrqs, "device_set_irqs_enable_trigger_bool");
        group.Must("trigger_adds_to_eventfd", "each trigger adds 1 to the eventfd", trial =>
        {
            var peer = trial.Open();
            var bell = Connect(trial, peer, 0, 1)[0];
            for (var i = 0ul; i < 3; i++)
                Trigger(trial, peer, 0, 1);
            Rang(trial, bell, 3, "the eventfd after 3 triggers");
        }, irqs);
        group.Must("irq_state", "an interrupt that can be masked can be masked and unmasked", MaskUnmask, DeviceNeed.MaskableIrq, "irq_state");
        group.Must(
            "disabled_is_silent", "after the index was disabled its eventfds get nothing",
            trial => Silent(trial, Requests.SetIrqs(SetTrigger | SetNone, trial.Device.Signalled!.Index, 0, 0)), irqs);
        group.Must(
            "deassigned_is_silent", "after DATA_EVENTFD without a descriptor the eventfd gets nothing",
            trial => Silent(trial, Requests.SetIrqs(SetTrigger | SetEventFd, trial.Device.Signalled!.Index, 0, 1)), irqs);
        group.Must(
            "trigger_without_eventfd", "a trigger of an interrupt without an eventfd does no harm",
            trial => trial.Open().Ask(Set, Requests.SetIrqs(SetTrigger | SetNone, trial.Device.Signalled!.Index, 0, 1)), irqs);
        group.Must(
            "all_interrupts", "every interrupt of an index can have an eventfd, as many a message as max_msg_fds says",
            AllInterrupts, DeviceNeed.TwoIrqs);
        group.Must("qemu_order", "the order in which QEMU sets MSI-X up is accepted: without a descriptor, disable, with one", QemuOrder, irqs);
        group.Must("second_disable", "an index that is disabled can be disabled again", trial =>
        {
            var peer = trial.Open();
            var none = Requests.SetIrqs(SetTrigger | SetNone, trial.Device.Signalled!.Index, 0, 0);
            peer.Accept(Set, none);
            peer.Accept(Set, none);
        }, irqs);
        group.Must("each_index", "the first interrupt of each index that has one can get an eventfd", EachIndex, irqs);
        group.Must("fds_closed_when_replaced", "the descriptor that another takes the place of is closed", FdsClosedWhenReplaced, irqs);
        group.Must(
            "fds_closed_with_client", "the interrupts' descriptors are closed when the client goes",
            FdsClosedWithClient, irqs, of: "Client Disconnection");
        return group.Cases;
    }

    private static Bell[] Connect(ServerTrial trial, Conversation peer, uint start, uint count, uint? index = null)
    {
        var bells = Enumerable.Range(0, (int)count).Select(_ => trial.Own(new Bell())).ToArray();
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetEventFd, index ?? trial.Device.Signalled!.Index, start, count), bells.Select(bell => bell.Number).ToArray()).OfLength(0);
        return bells;
    }

    private static void Trigger(ServerTrial trial, Conversation peer, uint start, uint count) =>
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetNone, trial.Device.Signalled!.Index, start, count)).OfLength(0);

    private static void Rang(ServerTrial trial, Bell bell, ulong count, string what)
    {
        bell.WaitFor(count, trial.Timeout);
        Expect.Equal(count, bell.Count, what);
    }

    private static void Disable(ServerTrial trial)
    {
        var peer = trial.Open();
        var index = trial.Device.Signalled!.Index;
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetNone, index, 0, 0)).OfLength(0);
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetEventFd, index, 0, 1)).OfLength(0);
    }

    private static void Update(ServerTrial trial)
    {
        var peer = trial.Open();
        var first = Connect(trial, peer, 0, 1)[0];
        var second = Connect(trial, peer, 0, 1)[0];
        Trigger(trial, peer, 0, 1);
        Rang(trial, second, 1, "the second eventfd");
        Expect.Equal(0, first.Count, "the first eventfd, which the second took the place of,");
    }

    private static void TriggerNone(ServerTrial trial)
    {
        var peer = trial.Open();
        var bells = Connect(trial, peer, 0, 2);
        Trigger(trial, peer, 1, 1);
        Rang(trial, bells[1], 1, "the eventfd of interrupt 1");
        Expect.Equal(0, bells[0].Count, "the eventfd of interrupt 0, which was not triggered,");
    }

    private static void TriggerBool(ServerTrial trial)
    {
        var peer = trial.Open();
        var bells = Connect(trial, peer, 0, 2);
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetBool, trial.Device.Signalled!.Index, 0, 2, [0, 1])).OfLength(0);
        Rang(trial, bells[1], 1, "the eventfd of interrupt 1");
        Expect.Equal(0, bells[0].Count, "the eventfd of interrupt 0, whose boolean was false,");
    }

    private static void MaskUnmask(ServerTrial trial)
    {
        var peer = trial.Open();
        var index = trial.Device.Irqs.First(irq => irq.IsMaskable).Index;
        peer.Accept(Set, Requests.SetIrqs(SetMask | SetNone, index, 0, 1)).OfLength(0);
        peer.Accept(Set, Requests.SetIrqs(SetUnmask | SetNone, index, 0, 1)).OfLength(0);
        peer.Accept(Set, Requests.SetIrqs(SetMask | SetBool, index, 0, 1, [1])).OfLength(0);
        peer.Accept(Set, Requests.SetIrqs(SetUnmask | SetBool, index, 0, 1, [1])).OfLength(0);
    }

    private static void Silent(ServerTrial trial, byte[] request)
    {
        var peer = trial.Open();
        var bell = Connect(trial, peer, 0, 1)[0];
        peer.Accept(Set, request).OfLength(0);
        // Whether the trigger of an interrupt without an eventfd is refused is the server's own choice.
        peer.Ask(Set, Requests.SetIrqs(SetTrigger | SetNone, trial.Device.Signalled!.Index, 0, 1));
        Expect.That(!bell.WaitFor(1, Silence), "the eventfd was signalled after it had been taken away.");
    }

    private static void AllInterrupts(ServerTrial trial)
    {
        const uint most = 64;
        var peer = trial.Open();
        var irq = trial.Device.Signalled!;
        var count = Math.Min(irq.Count, most);
        var bells = new List<Bell>();
        while (bells.Count < count)
            bells.AddRange(Connect(trial, peer, (uint)bells.Count, (uint)Math.Min(trial.Device.MaxFds, count - bells.Count)));
        for (var i = 0u; i < count; i++)
            Trigger(trial, peer, i, 1);
        for (var i = 0; i < bells.Count; i++)
            Rang(trial, bells[i], 1, $"the eventfd of interrupt {i}");
    }

    private static void QemuOrder(ServerTrial trial)
    {
        var peer = trial.Open();
        var index = trial.Device.Signalled!.Index;
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetEventFd, index, 0, 1));
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetNone, index, 0, 0));
        var bell = Connect(trial, peer, 0, 1)[0];
        Trigger(trial, peer, 0, 1);
        Rang(trial, bell, 1, "the eventfd that came in the end");
    }

    private static void EachIndex(ServerTrial trial)
    {
        var peer = trial.Open();
        foreach (var irq in trial.Device.Irqs.Where(irq => irq.IsSignalled && irq.Count > 0))
        {
            Connect(trial, peer, 0, 1, irq.Index);
            // Drivers use one kind of interrupts at a time.
            peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetNone, irq.Index, 0, 0));
        }
    }

    private static EventTracer ConnectTracer(ServerTrial trial, Conversation peer)
    {
        var tracer = trial.Own(new EventTracer());
        peer.Accept(Set, Requests.SetIrqs(SetTrigger | SetEventFd, trial.Device.Signalled!.Index, 0, 1), tracer.Number);
        tracer.CloseHere();
        Expect.That(tracer.IsOpenElsewhere, "the server closed the eventfd that it was given.");
        return tracer;
    }

    private static void FdsClosedWhenReplaced(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = ConnectTracer(trial, peer);
        Connect(trial, peer, 0, 1);
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps the descriptor that another took the place of.");
    }

    private static void FdsClosedWithClient(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = ConnectTracer(trial, peer);
        peer.Dispose();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps the interrupt's descriptor of a client that has gone.");
    }
}
