using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser;

// The eventfds of the error and the request interrupt, kept so that they can be fired here when the connection ends.
internal sealed partial class VfioUserDeviceBackend
{
    private readonly object _signalGate = new();
    private FileDescriptor? _errorSignal;
    private FileDescriptor? _requestSignal;

    // A copy, since the caller may close its own at any time. One that is connected after the end fires at once.
    private void ConnectSignal(InterruptIndex index, int eventFd)
    {
        FileDescriptor? copy = null;
        if (eventFd >= 0)
        {
            copy = new FileDescriptor(Libc.fcntl(eventFd, Libc.F_DUPFD_CLOEXEC, 0));
            if (copy.IsInvalid)
            {
                var errno = Libc.LastErrno;
                copy.Dispose();
                throw new VfioException($"connect {index} to an eventfd", _connection.Device, errno, EventFd.DescriptorAdvice(errno));
            }
        }

        lock (_signalGate)
        {
            ref var signal = ref index == InterruptIndex.Error ? ref _errorSignal : ref _requestSignal;
            signal?.Dispose();
            signal = copy;
        }

        if (_connection.End is { Failure: not VfioUserFailure.Closed })
            Signal(index);
    }

    private void SignalLoss()
    {
        Signal(InterruptIndex.Error);
        Signal(InterruptIndex.Request);
    }

    private unsafe void Signal(InterruptIndex index)
    {
        lock (_signalGate)
        {
            if ((index == InterruptIndex.Error ? _errorSignal : _requestSignal) is not { } signal)
                return;
            // A counter at its end is readable as it is; nothing else can go wrong with an eventfd of this process.
            ulong one = 1;
            _ = Libc.write(signal, &one, sizeof(ulong));
        }
    }

    private void DisposeSignals()
    {
        lock (_signalGate)
        {
            _errorSignal?.Dispose();
            _requestSignal?.Dispose();
            _errorSignal = null;
            _requestSignal = null;
        }
    }
}
