using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>
/// Puts the handler of a routine page in front of the handlers of SIGBUS and SIGSEGV, and on IBM Z of SIGILL. Linux raises SIGBUS when a load or store meets a
/// BAR whose mapping was taken away (drivers/vfio/pci/vfio_pci_core.c, vfio_pci_zap_bars: memory decoding off, reset, D3, removal) or a
/// shared file that was cut short, and SIGSEGV when it meets the reservation that <see cref="DeviceMapping.Dispose"/> leaves behind.
/// </summary>
/// <remarks>
/// The handler is machine code, so that it may run in any state of the runtime. It looks at the interrupted instruction: one of the
/// routines' is sent to the recovery stub; any other goes to the predecessor, with the registers and the stack as the kernel made them.
/// So the runtime still makes a NullReferenceException of its own faults. Where the predecessor was the default, the signal's default
/// action is restored and the instruction runs, and faults, again; a predecessor that ignored the signal cannot ignore a fault either, as
/// the kernel has it (kernel/signal.c, force_sig_info_to_task). A handler that somebody installs later and that does not call its own
/// predecessor takes the guard away.
/// </remarks>
internal static unsafe class FaultGuard
{
    private static readonly (int Signal, int Slot)[] Guarded = HostMachine.Kind == MachineKind.S390x
        ? [(Libc.SIGBUS, RoutineLayout.BusPredecessor), (Libc.SIGSEGV, RoutineLayout.SegmentationPredecessor), (Libc.SIGILL, RoutineLayout.IllegalPredecessor)]
        : [(Libc.SIGBUS, RoutineLayout.BusPredecessor), (Libc.SIGSEGV, RoutineLayout.SegmentationPredecessor)];

    /// <summary>Installs the handler for every signal, or for none.</summary>
    /// <param name="code">The code page, executable already.</param>
    /// <param name="data">The data page.</param>
    /// <returns><see cref="Errno.None"/>, or why libc refuses.</returns>
    public static Errno TryInstall(byte* code, byte* data)
    {
        var handler = (nuint)(code + (HostMachine.Kind == MachineKind.S390x ? RoutineLayout.MioHandler : RoutineLayout.Handler));
        var predecessors = new Libc.SignalAction[Guarded.Length];
        for (var i = 0; i < Guarded.Length; i++)
        {
            var errno = TryInstall(Guarded[i].Signal, handler, (nuint*)(data + Guarded[i].Slot), out predecessors[i]);
            if (errno == Errno.None)
                continue;
            while (--i >= 0)
                Restore(Guarded[i].Signal, predecessors[i]);
            return errno;
        }

        return Errno.None;
    }

    private static void Restore(int signal, Libc.SignalAction predecessor) => _ = Libc.SetSignalAction(signal, &predecessor, null);

    private static Errno TryInstall(int signal, nuint handler, nuint* predecessorSlot, out Libc.SignalAction predecessor)
    {
        Libc.SignalAction previous;
        predecessor = default;
        if (Libc.SetSignalAction(signal, null, &previous) != 0)
            return Libc.LastErrno;

        // The slot is filled before the handler can run, and once more with what it did replace: somebody may have been quicker.
        FillSlot(predecessorSlot, previous);
        var action = Compose(handler, previous);
        if (Libc.SetSignalAction(signal, &action, &previous) != 0)
            return Libc.LastErrno;
        FillSlot(predecessorSlot, previous);
        predecessor = previous;
        return Errno.None;
    }

    private static void FillSlot(nuint* slot, in Libc.SignalAction predecessor)
    {
        Volatile.Write(ref slot[0], predecessor.Handler);
        Volatile.Write(ref slot[1], (predecessor.Flags & Libc.SA_RESETHAND) != 0 ? 1u : (nuint)0);
    }

    // The predecessor runs under the mask and on the stack that it asked for. SA_RESETHAND would take our own handler away with the first
    // recovered fault; the machine code does for the predecessor what that flag means.
    private static Libc.SignalAction Compose(nuint handler, in Libc.SignalAction predecessor)
    {
        var action = predecessor;
        var isFunction = predecessor.Handler is not (Libc.SIG_DFL or Libc.SIG_IGN);
        action.Handler = handler;
        action.Flags = isFunction ? (predecessor.Flags & ~Libc.SA_RESETHAND) | Libc.SA_SIGINFO : Libc.SA_SIGINFO | Libc.SA_ONSTACK;
        return action;
    }
}
