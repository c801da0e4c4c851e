using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Tests.IbmZ;

// What was there before the handler: nothing, an ignored signal, a handler for one signal. A check whose name begins with "default", and "ignored-illegal-fault",
// must end by the signal.
internal static unsafe partial class Checks
{
    private static void DefaultIllegalFault()
    {
        Precede(Libc.SIGILL, Libc.SIG_DFL);
        Run(Code.Illegal());
        ExpectationException.True(false, "an illegal instruction ends the process");
    }

    private static void IgnoredIllegalFault()
    {
        Precede(Libc.SIGILL, Libc.SIG_IGN);
        Run(Code.Illegal());
        ExpectationException.True(false, "a fault that is ignored ends the process all the same");
    }

    private static void DefaultBusFault()
    {
        Precede(Libc.SIGBUS, Libc.SIG_DFL);
        using var memory = new Bar();
        memory.Resize(0);
        _ = Volatile.Read(ref *(int*)memory.Address);
        ExpectationException.True(false, "a bus error ends the process");
    }

    private static void DefaultSent(int signal)
    {
        Precede(signal, Libc.SIG_DFL);
        _ = kill(getpid(), signal);
        Thread.Sleep(1000);
        ExpectationException.True(false, "a signal that is sent ends the process");
    }

    private static void IgnoredSent()
    {
        Precede(Libc.SIGILL, Libc.SIG_IGN);
        for (var i = 0; i < 3; i++)
            _ = kill(getpid(), Libc.SIGILL);
        Thread.Sleep(100);
    }

    // A handler that serves one signal: the first one is its, the second one ends the process.
    private static void Once()
    {
        int* counter = stackalloc int[1];
        *counter = 0;
        Precede(Libc.SIGILL, Code.CountInto(counter), Libc.SA_RESETHAND | Libc.SA_SIGINFO);
        _ = kill(getpid(), Libc.SIGILL);
        for (var i = 0; i < 100 && Volatile.Read(ref *counter) == 0; i++)
            Thread.Sleep(10);
        ExpectationException.Equal(1, Volatile.Read(ref *counter));
        _ = kill(getpid(), Libc.SIGILL);
        Thread.Sleep(1000);
        ExpectationException.True(false, "the second signal ends the process");
    }

    private static void Precede(int signal, nuint handler, int flags = 0)
    {
        var action = new Libc.SignalAction { Handler = handler, Flags = flags };
        ExpectationException.Equal(0, Libc.SetSignalAction(signal, &action, null));
        _ = Place(Code.OnMemory());
    }

    private static void Run(nuint code) => ((delegate* unmanaged[Cdecl]<void>)code)();

    [DllImport("libc")]
    private static extern int kill(int process, int signal);

    [DllImport("libc")]
    private static extern int getpid();
}
