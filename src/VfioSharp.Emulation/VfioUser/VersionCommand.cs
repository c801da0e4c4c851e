using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>VFIO_USER_VERSION, which opens a connection: checked as libvfio-user checks it (lib/tran.c, recv_version).</summary>
internal sealed class VersionCommand(VfioUserServerOptions options, bool canMigrate)
{
    /// <summary>The page of migration's bitmaps that is said where the client says none.</summary>
    private const ulong MigrationPageInBytes = 4096;

    /// <summary>What the client said of itself.</summary>
    public VfioUserCapabilities Client { get; private set; } = new();

    /// <summary>How many bytes of data a message to the client may carry.</summary>
    public int ClientDataTransferInBytes =>
        (int)Math.Min(Client.MaxDataTransferInBytes ?? VfioUserDefaults.MaxDataTransferInBytes, (ulong)options.MaxDataTransferInBytes);

    /// <summary>How many descriptors a message to the client may bring.</summary>
    public uint ClientMessageFds => Client.MaxMessageFds ?? VfioUserDefaults.MaxMessageFds;

    /// <summary>Whether the client is to get a second socket: it asked for one and takes a descriptor.</summary>
    public bool WantsTwinSocket => options.OffersTwinSocket && Client.SupportsTwinSocket && ClientMessageFds != 0;

    /// <summary>Reads what the client says.</summary>
    /// <returns>
    /// EINVAL for another command, with descriptors, for another major version, and for JSON that is none or says what cannot be.
    /// </returns>
    public Errno Read(MessageReceiver request)
    {
        if (request.Header.Command != VfioUserCommand.Version || !request.Header.IsCommand || request.FdCount != 0 || request.HasLostFds
            || request.Payload.Length < VersionMessage.SizeInBytes
            || MemoryMarshal.Read<VersionMessage>(request.Payload).Major != VfioUserDefaults.Major
            || !VersionJson.TryRead(request.Payload[VersionMessage.SizeInBytes..], out var capabilities))
        {
            return Errno.EINVAL;
        }

        Client = capabilities;
        return Errno.None;
    }

    /// <summary>
    /// Makes the reply. The minor version is 0 whatever the client says: QEMU takes no other, and nothing here needs one. Of the twin socket there
    /// is a word only where there is one, since QEMU warns of what it does not know.
    /// </summary>
    public void Write(Reply reply, UnixSocket? clientsTwin)
    {
        var json = VersionJson.Write(new VfioUserCapabilities
        {
            MaxMessageFds = (uint)options.MaxMessageFds,
            MaxDataTransferInBytes = (ulong)options.MaxDataTransferInBytes,
            MaxDmaMaps = (ulong)options.MaxDmaMaps,
            PageSizes = VfioUserDefaults.PageSizes,
            WritesMultiple = true,
            MigrationPageSizeInBytes = canMigrate ? Client.MigrationPageSizeInBytes ?? MigrationPageInBytes : null,
            SupportsTwinSocket = clientsTwin is not null,
            TwinSocketFdIndex = clientsTwin is null ? null : 0,
        });
        var payload = reply.MakePayload(VersionMessage.SizeInBytes + json.Length);
        MemoryMarshal.Write(payload, new VersionMessage { Major = VfioUserDefaults.Major, Minor = VfioUserDefaults.Minor });
        json.CopyTo(payload[VersionMessage.SizeInBytes..]);
        if (clientsTwin is not null)
            reply.AddFd(clientsTwin.Descriptor);
    }
}
