using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Backends.VfioUser;

// The server's own commands, and who takes them when.
internal sealed partial class VfioUserConnection
{
    // Between these others get their turn: a server that never stops to send keeps nobody from being heard.
    private const int CommandsInARow = 64;

    private bool _takesCommandsAtOnce;

    // Whether the watch listens to the socket of requests as soon as a request is done.
    private bool ListensAtOnce => _takesCommandsAtOnce && _twinSocket is null;

    /// <summary>
    /// Says whether the device may reach memory by messages, so that its commands must be seen at once when nobody waits for a reply. Otherwise they
    /// are seen within twice <see cref="ConnectionWatch.IdleTime"/> of the last request: nothing that such a command asks for is there.
    /// </summary>
    /// <remarks>With a twin socket commands are seen at once in any case. Without, it costs a request two system calls.</remarks>
    public void TakeCommandsAtOnce(bool atOnce)
    {
        lock (_gate)
        {
            _takesCommandsAtOnce = atOnce;
            ShareTime();
            Finish();
        }
    }

    /// <summary>Something came, or the connection ended, or commands have been received and not taken. Called by the watch's thread.</summary>
    /// <param name="hasFired">Whether it was the socket that told.</param>
    internal void OnSocketReady(bool hasFired)
    {
        bool areMore;
        do
        {
            // Meanwhile this thread is the one that sees to it that whoever is in the gate does not wait there for ever.
            while (!Monitor.TryEnter(_gate, MostTimeToSleep))
                KeepTime();
            try
            {
                if (End is not null)
                    return;
                if (hasFired)
                    _watch?.OnFired();
                hasFired = false;
                areMore = TakeCommands(_receiver, _commands);
                if (!areMore)
                    Finish();
            }
            finally
            {
                Monitor.Exit(_gate);
            }
        }
        while (areMore);
    }

    /// <summary>Something came over the twin socket. Called by the watch's thread.</summary>
    internal void OnTwinReady()
    {
        while (TakeCommands(_twinReceiver!, _twinCommands!))
        {
        }
    }

    /// <summary>How long the watch's thread may sleep, in milliseconds. Called by it each time before.</summary>
    internal int GetTimeToSleep()
    {
        // Whoever is in the gate makes a request, so that nothing is idle. To wait would cost a thread that makes one after another a system call each,
        // which wakes this one to find the gate taken again.
        if (!Monitor.TryEnter(_gate))
            return KeepTime();
        try
        {
            var time = _watch?.ListenWhenIdle() ?? MostTimeToSleep;
            return time == Timeout.Infinite ? time : Math.Min(time, MostTimeToSleep);
        }
        finally
        {
            Monitor.Exit(_gate);
        }
    }

    /// <summary>The watch cannot go on. Called by its thread, and by others in the gate.</summary>
    internal void OnWatchFailed(Errno errno)
    {
        lock (_gate)
            Break(new ConnectionEnd(VfioUserFailure.Local, errno, "the connection can no longer be watched, and has been given up."));
    }

    // Both are called in the gate.
    private void Begin()
    {
        if (End is null)
            _watch?.Rest(willListen: ListensAtOnce);
    }

    private void Finish()
    {
        if (End is not null)
            return;
        // The call that brought the reply may have brought a command behind it, of which the watch would hear nothing.
        if (_twinSocket is not null)
        {
            if (_receiver.HasMore)
                TakeCommands(_receiver, _commands);
            return;
        }

        if (_receiver.HasMore)
            _watch?.Wake();
        if (ListensAtOnce)
            _watch?.Listen();
    }

    // Whether there may be more.
    private bool TakeCommands(MessageReceiver receiver, CommandServer commands)
    {
        for (var count = 0; count < CommandsInARow; count++)
        {
            if (End is not null)
                return false;
            var status = receiver.TryReceive();
            if (status == ReceiveStatus.Nothing)
                return false;
            if (status != ReceiveStatus.Message)
            {
                BreakAfterReceive(status, receiver);
                return false;
            }

            if (!receiver.Header.IsCommand)
            {
                Break(ConnectionEnd.Violation($"it sent a reply of command {receiver.Header.Command} when nothing was asked"));
                return false;
            }

            var errno = commands.Answer();
            if (errno != Errno.None)
            {
                BreakAfterSend(errno);
                return false;
            }
        }

        return true;
    }
}
