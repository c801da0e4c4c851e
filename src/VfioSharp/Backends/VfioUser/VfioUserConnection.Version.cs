using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Backends.VfioUser;

// VFIO_USER_VERSION, the first request of a connection (docs/interop/vfio-user.rst, "VFIO_USER_VERSION").
internal sealed partial class VfioUserConnection
{
    private const string Operation = "agree on a version with the server";

    private static readonly byte[] OwnVersion = WriteVersion();

    /// <summary>How many descriptors a message to the server may carry; 0 where it takes none.</summary>
    public int MostFdsToServer { get; private set; } = (int)VfioUserDefaults.MaxMessageFds;

    /// <summary>How many bytes of a region one message may carry, in either direction.</summary>
    public int MostDataInBytes { get; private set; } = (int)VfioUserDefaults.MaxDataTransferInBytes;

    /// <summary>The page sizes of DMA mappings, a bit each; never 0.</summary>
    public ulong PageSizes { get; private set; } = VfioUserDefaults.PageSizes;

    /// <summary>How many DMA mappings the server takes.</summary>
    public ulong MostDmaMappings { get; private set; } = VfioUserDefaults.MaxDmaMaps;

    private static byte[] WriteVersion()
    {
        var json = VersionJson.Write(new VfioUserCapabilities
        {
            MaxMessageFds = MostFds,
            MaxDataTransferInBytes = VfioUserDefaults.MaxDataTransferInBytes,
            SupportsTwinSocket = true,
        });
        var payload = new byte[VersionMessage.SizeInBytes + json.Length];
        MemoryMarshal.Write(payload, new VersionMessage { Major = VfioUserDefaults.Major, Minor = VfioUserDefaults.Minor });
        json.CopyTo(payload.AsSpan(VersionMessage.SizeInBytes));
        return payload;
    }

    private void Negotiate()
    {
        lock (_gate)
        {
            var errno = ExchangeCommand(VfioUserCommand.Version, OwnVersion, [], MostFds);
            if (End is { Failure: VfioUserFailure.TimedOut } end)
            {
                throw new VfioUserException(
                    end.Failure, Operation, Device, end.Errno,
                    $"the server took the connection and did not answer within {Seconds}: it is stopped, serves another client, or is none of vfio-user.");
            }

            if (End is not null)
                throw Failed(Operation);
            if (errno != Errno.None)
                throw new VfioException(
                    Operation, Device, errno,
                    $"the server refuses version {VfioUserDefaults.Major}.{VfioUserDefaults.Minor} or the capabilities of this library.");
            Accept(_receiver.Payload);
        }
    }

    private void Accept(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < VersionMessage.SizeInBytes)
            throw Refuse($"its answer has {payload.Length} bytes, and a version has {VersionMessage.SizeInBytes}");
        var version = MemoryMarshal.Read<VersionMessage>(payload);
        // A server answers the largest minor version that both speak.
        if (version.Major != VfioUserDefaults.Major || version.Minor > VfioUserDefaults.Minor)
        {
            Break(new ConnectionEnd(
                VfioUserFailure.Incompatible, Errno.EPROTO,
                $"the server speaks version {version.Major}.{version.Minor}; this library offers {VfioUserDefaults.Major}.{VfioUserDefaults.Minor}."));
            throw Failed(Operation);
        }

        if (!VersionJson.TryRead(payload[VersionMessage.SizeInBytes..], out var server))
            throw Refuse("its capabilities are no JSON text with a NUL behind it, or have values that make no sense");
        if (server.MaxDataTransferInBytes < sizeof(ulong))
            throw Refuse($"it takes {server.MaxDataTransferInBytes} bytes of data in a message (max_data_xfer_size), less than a register has");
        MostFdsToServer = (int)Math.Min(server.MaxMessageFds ?? VfioUserDefaults.MaxMessageFds, VfioUserDefaults.MostFdsOfAMessage);
        MostDataInBytes = (int)Math.Min(server.MaxDataTransferInBytes ?? VfioUserDefaults.MaxDataTransferInBytes, VfioUserDefaults.MaxDataTransferInBytes);
        PageSizes = server.PageSizes ?? VfioUserDefaults.PageSizes;
        MostDmaMappings = server.MaxDmaMaps ?? VfioUserDefaults.MaxDmaMaps;
        if (server.SupportsTwinSocket && server.TwinSocketFdIndex is { } index)
            AcceptTwinSocket(index);
    }

    private void AcceptTwinSocket(uint index)
    {
        if (index >= _receiver.FdCount)
            throw Refuse($"it says that descriptor {index} of its answer is the twin socket, and the answer has {_receiver.FdCount}");
        try
        {
            _twinSocket = UnixSocket.Adopt(_receiver.TakeFd((int)index));
        }
        catch (VfioException)
        {
            throw Refuse("the descriptor that it calls the twin socket is no stream socket");
        }

        _twinSocket.SetTimeouts(_timeout, _timeout);
        _twinReceiver = new MessageReceiver(_twinSocket, LongestMessageInBytes, MostFds);
        _twinCommands = new CommandServer(_twinSocket, _twinReceiver, Memory);
    }

    private VfioUserException Refuse(string violation)
    {
        Break(ConnectionEnd.Violation(violation));
        return Failed(Operation);
    }
}
