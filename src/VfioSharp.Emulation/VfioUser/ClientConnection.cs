using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Emulation.Interrupts;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// One client from its first message to its last, on the thread that serves it: receives, answers, and lets the function work. A request costs a
/// recvmsg and a sendmsg, and allocates nothing.
/// </summary>
internal sealed partial class ClientConnection : IDisposable
{
    private readonly ServedFunction _served;
    private readonly UnixSocket _socket;
    private readonly MessageReceiver _receiver;
    private readonly Reply _reply;
    private readonly object _sending = new();
    private readonly DmaTable _dma;
    private readonly DirtyLog _dirty = new();
    private readonly FunctionInterrupts _interrupts;
    private readonly ConnectionHost _host;
    private readonly FunctionGate _gate;
    private readonly MessageDma _messages;
    private readonly VersionCommand _version;
    private readonly DeviceCommands _deviceCommands;
    private readonly RegionCommands _regionCommands;
    private readonly DmaCommands _dmaCommands;
    private readonly LineUnmask _unmask;
    private readonly InterruptCommands _interruptCommands;
    private readonly Migration _migration;
    private readonly DoorbellWatch _doorbells;
    private readonly IoFdCommand _ioFdCommand;
    private readonly FeatureCommands _featureCommands;
    private long _messageCount;
    private bool _hasEnded;

    /// <summary>Takes a client over. To be made on the thread that serves it.</summary>
    /// <param name="served">What is served.</param>
    /// <param name="socket">The connection, which belongs to this object from now on.</param>
    public ClientConnection(ServedFunction served, UnixSocket socket)
    {
        var options = served.Options;
        _served = served;
        _socket = socket;
        _receiver = new MessageReceiver(socket, options.LongestMessageInBytes, options.MaxMessageFds);
        _reply = new Reply(IoFdCommand.MostFds);
        _dma = new DmaTable(options.MaxDmaMaps, options.MaxDmaMapInBytes, MappingBudget.OfProcess);
        _interrupts = new FunctionInterrupts(served.Function, growsMsi: true);
        _host = new ConnectionHost(_dma, _dirty, _interrupts);
        _gate = new FunctionGate(served.Function, _host, options.MakePace(), served.ReportFault);
        _version = new VersionCommand(options, served.Function.IsMigratable);
        _messages = new MessageDma(this, _gate, served);
        _host.Use(_messages);
        _deviceCommands = new DeviceCommands(served.Function, _version);
        _regionCommands = new RegionCommands(served.Function, _deviceCommands, options);
        _dmaCommands = new DmaCommands(_dma, _dirty, options);
        _unmask = new LineUnmask(_gate, _interrupts);
        _interruptCommands = new InterruptCommands(_interrupts, _unmask);
        _doorbells = new DoorbellWatch(served, _gate);
        _migration = new Migration(served.Function, _gate, _doorbells, options);
        _ioFdCommand = new IoFdCommand(_doorbells, _deviceCommands, _version, options);
        _featureCommands = new FeatureCommands(_migration, _dirty, _dma, options);
    }

    /// <summary>The socket's descriptor, for poll(2) on the thread that serves.</summary>
    public int DescriptorNumber => _socket.Descriptor.Number;

    /// <summary>Serves the client until it is gone or <see cref="Stop"/> was called.</summary>
    public void Serve()
    {
        _socket.SetTimeouts(null, _served.Options.SendTimeout);
        if (!Negotiate())
            return;
        do
            _gate.RunWork();
        while (HandleNext());
    }

    /// <summary>Makes <see cref="Serve"/> return soon. May be called from any thread.</summary>
    public void Stop() => _socket.Shutdown();

    /// <summary>
    /// Takes everything of the client away from the function, which is reset, so that the next client finds nothing of this one (libvfio-user
    /// does the same, vfu_reset_ctx). For the thread that serves.
    /// </summary>
    public void Dispose()
    {
        _socket.Shutdown();
        _messages.Close();
        _doorbells.Dispose();
        _unmask.Dispose();
        _gate.Dispose();
        _dma.Dispose();
        _interrupts.Dispose();
        try
        {
            _served.Function.Reset();
        }
        catch (Exception exception)
        {
            _served.ReportFault(exception, nameof(PciFunction.Reset));
        }

        _messages.Dispose();
        _receiver.Dispose();
        _socket.Dispose();
        ServerLog.ClientGone(_served.Logger, _messageCount);
    }

    /// <summary>Sends a message other than a reply; its parts are in order, and nothing comes between them.</summary>
    public Errno Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        lock (_sending)
            return _socket.Send(first, second, default);
    }

    /// <summary>Deals with a message if there is one; for the thread that serves, in the midst of the function's work.</summary>
    /// <param name="isIdle">Becomes false where there was one.</param>
    /// <returns>Whether the connection goes on.</returns>
    public bool TryHandle(ref bool isIdle)
    {
        if (_hasEnded)
            return false;
        var status = _receiver.TryReceive();
        isIdle &= status == ReceiveStatus.Nothing;
        return Handle(status);
    }

    /// <summary>Receives a message and deals with it.</summary>
    /// <returns>Whether the connection goes on.</returns>
    private bool HandleNext() => !_hasEnded && Handle(Receive());

    private bool Handle(ReceiveStatus status)
    {
        _hasEnded |= !TryHandle(status);
        return !_hasEnded;
    }

    private bool TryHandle(ReceiveStatus status)
    {
        switch (status)
        {
            case ReceiveStatus.Message:
                return _receiver.Header.IsReply && _messages.TryTake(_receiver) || Answer();
            case ReceiveStatus.TooShort:
                Count();
                return Respond(_receiver.Header, Errno.EINVAL);
            case ReceiveStatus.TooLong:
                Count();
                ServerLog.MessageTooLong(_served.Logger, _receiver.Header.MessageSize);
                Respond(_receiver.Header, Errno.EINVAL);
                return false;
            case ReceiveStatus.Failed:
                ServerLog.CannotReceive(_served.Logger, _receiver.Error);
                return false;
            default:
                return status == ReceiveStatus.Nothing;
        }
    }

    // A look costs a system call as well, but one that neither sleeps nor wakes. One thread that does not sleep is enough: where the function is looked
    // at, it is that one.
    private ReceiveStatus Receive()
    {
        const int LooksBetweenClocks = 1024;

        if (!_served.Options.BusyPoll || _gate.IsPolling)
            return _receiver.Receive();
        var start = Stopwatch.GetTimestamp();
        do
        {
            for (var i = 0; i < LooksBetweenClocks; i++)
            {
                var status = _receiver.TryReceive();
                if (status != ReceiveStatus.Nothing)
                    return status;
            }

            Thread.Yield();
        }
        while (Stopwatch.GetElapsedTime(start) < _served.Options.BusyPollLimit);
        return _receiver.Receive();
    }

    // Whatever opens the connection other than a version that can be spoken ends it, as with libvfio-user.
    private bool Negotiate()
    {
        var status = _receiver.Receive();
        if (status != ReceiveStatus.Message)
        {
            Handle(status);
            return false;
        }

        Count();
        var header = _receiver.Header;
        _reply.Begin();
        var errno = _version.Read(_receiver);
        if (errno != Errno.None)
        {
            Respond(header, errno);
            return false;
        }

        using var clientsTwin = _version.WantsTwinSocket ? _messages.MakeTwinSocket() : null;
        _messages.LimitDataTransfer(_version.ClientDataTransferInBytes);
        _migration.LimitDataTransfer(_version.ClientDataTransferInBytes);
        _version.Write(_reply, clientsTwin);
        return Respond(header, Errno.None);
    }

    private bool Answer()
    {
        Count();
        var header = _receiver.Header;
        _reply.Begin();
        Errno errno;
        _gate.Enter();
        try
        {
            errno = header.IsCommand && !_receiver.HasLostFds && _migration.Allows(header.Command) ? Dispatch(header.Command) : Errno.EINVAL;
        }
        catch (Exception exception)
        {
            _served.ReportFault(exception, header.Command.ToString());
            errno = Errno.EIO;
        }
        finally
        {
            _gate.Exit();
        }

        return Respond(header, errno);
    }

    private bool Respond(in VfioUserHeader command, Errno errno)
    {
        // Before the answer, so that a client which has it knows them closed.
        _receiver.CloseFds();
        if (errno != Errno.None)
        {
            _served.CountRefusal();
            ServerLog.Refused(_served.Logger, command.Command, command.MessageId, errno);
        }

        if (command.IsPosted)
            return true;
        Errno sent;
        lock (_sending)
            sent = errno == Errno.None ? SendReply(command) : SendError(command, errno);
        if (sent == Errno.None)
            return true;
        if (sent is not (Errno.EPIPE or Errno.ECONNRESET))
            ServerLog.CannotSend(_served.Logger, sent);
        return false;
    }

    private Errno SendReply(in VfioUserHeader command)
    {
        try
        {
            return _reply.Send(_socket, command);
        }
        catch (ObjectDisposedException exception)
        {
            // The function's owner disposed of it too early.
            _served.ReportFault(exception, command.Command.ToString());
            return SendError(command, Errno.EIO);
        }
    }

    private Errno SendError(in VfioUserHeader command, Errno errno)
    {
        Span<byte> message = stackalloc byte[VfioUserHeader.SizeInBytes];
        MemoryMarshal.Write(message, VfioUserHeader.ForError(command, errno));
        return _socket.Send(message);
    }

    private void Count()
    {
        _messageCount++;
        _served.CountMessage();
    }
}
