using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

// One client after another, on the server's thread.
public sealed partial class VfioUserServer
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private void Run()
    {
        try
        {
            using (_served)
            using (_listener)
                ServeUntilStopped();
            _completion.SetResult(true);
        }
        catch (Exception exception)
        {
            _completion.SetException(exception);
        }
    }

    private void ServeUntilStopped()
    {
        try
        {
            ServeAll();
        }
        finally
        {
            // Nobody tells a listener to stop any more that is about to go.
            lock (_lock)
                _isStopped = true;
        }
    }

    private void ServeAll()
    {
        if (_listener is null)
        {
            Serve(_client!);
            return;
        }

        ServerLog.Listening(_served.Logger, _listener.Path);
        while (TryAccept(out var socket))
        {
            if (socket is null)
                continue;
            Serve(socket);
            if (_served.Options.EndsWithFirstClient)
                return;
        }
    }

    // False once the server is stopped; true without a socket where the process had no descriptor left, and may have one later.
    private bool TryAccept(out UnixSocket? socket)
    {
        socket = null;
        try
        {
            socket = _listener!.Accept();
            return socket is not null;
        }
        catch (VfioException exception)
        {
            ServerLog.CannotAccept(_served.Logger, exception);
            return !_stopping.Wait(RetryDelay);
        }
    }

    private void Serve(UnixSocket socket)
    {
        lock (_lock)
        {
            _client = socket;
            if (_isStopped)
                socket.Shutdown();
        }

        _served.CountClient();
        ServerLog.ClientConnected(_served.Logger);
        try
        {
            using var connection = new ClientConnection(_served, socket);
            try
            {
                connection.Serve();
            }
            finally
            {
                // Before the socket is closed: who stops the server must not find it so.
                lock (_lock)
                    _client = null;
            }
        }
        catch (Exception exception)
        {
            // Such as memory that is not there for a long message: the end of this client, and not of those to come.
            lock (_lock)
                _client = null;
            socket.Dispose();
            _served.ReportFault(exception, "the connection");
        }
    }
}
