using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

public sealed partial class NvmeController
{
    // Each namespace costs an object of some 8 KiB and two commands. A controller that lists more than this is not one that lists in earnest.
    private const int MostNamespaces = 65536;
    private static readonly NvmeVersion FirstWithList = new(1, 1, 0);
    private static readonly NvmeVersion FirstWithDescriptors = new(1, 3, 0);

    private readonly SemaphoreSlim _namespaceGate = new(1, 1);
    private NvmeNamespace[] _namespaces = [];

    /// <summary>
    /// The active namespaces by their numbers, ascending; those that the driver cannot use among them (<see cref="NvmeNamespace.Obstacle"/>). The list
    /// is a snapshot: where the controller tells that namespaces came or went there is another list, with the same objects for those that stayed.
    /// </summary>
    public IReadOnlyList<NvmeNamespace> Namespaces => Volatile.Read(ref _namespaces);

    /// <summary>Asks the controller what it, or a namespace, is (Identify; NVMe Base 2.0, 5.17), and gives the answer as it comes.</summary>
    /// <param name="kind">CNS: what is asked for.</param>
    /// <param name="namespaceId">NSID, where the question is about a namespace or begins behind one; otherwise 0.</param>
    /// <param name="commandSet">CSI: the I/O command set, where the question is about one.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>4096 bytes.</returns>
    /// <exception cref="NvmeException">The controller does not answer this question, or does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<byte[]> IdentifyRawAsync(
        IdentifyKind kind, uint namespaceId = 0, byte commandSet = 0, CancellationToken cancellationToken = default)
    {
        var bytes = new byte[IdentifyController.SizeInBytes];
        await ReceiveAsync(AdminCommand.Identify(kind, namespaceId, commandSet), bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Asks again which namespaces there are and what they are, as the driver does by itself where the controller tells of a change.</summary>
    /// <param name="cancellationToken">Ends the commands; <see cref="Namespaces"/> stays as it was then.</param>
    /// <returns>A task that ends when <see cref="Namespaces"/> and what is in it are up to date.</returns>
    /// <exception cref="NvmeException">The controller does not complete a command, or lists namespaces in a way that makes no sense.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task RefreshNamespacesAsync(CancellationToken cancellationToken = default)
    {
        await _namespaceGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _namespaceGate.Release();
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var known = _namespaces.ToDictionary(@namespace => @namespace.Id);
        var identities = new List<(uint Id, NamespaceIdentity Identity)>();
        foreach (var id in await ListNamespacesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await IdentifyNamespaceAsync(id, cancellationToken).ConfigureAwait(false) is { } identity)
                identities.Add((id, identity));
        }

        // Nothing changes before everything is known: a refresh that fails half-way leaves what was.
        var namespaces = new NvmeNamespace[identities.Count];
        for (var position = 0; position < namespaces.Length; position++)
        {
            var (id, identity) = identities[position];
            if (known.Remove(id, out var @namespace))
                @namespace.Identity = identity;
            namespaces[position] = @namespace ?? new NvmeNamespace(this, id, identity);
            if (identity.Obstacle is { } obstacle)
                _logger.NamespaceUnusable(Address, id, obstacle);
        }

        foreach (var gone in known.Values)
            gone.IsRemoved = true;
        Volatile.Write(ref _namespaces, namespaces);
    }

    // 5.17.2.2: lists of 1024, each of the namespaces above the last of the one before. Version 1.0 had no lists: there are 1 to NN.
    private async Task<List<uint>> ListNamespacesAsync(CancellationToken cancellationToken)
    {
        var list = new List<uint>();
        if (Version < FirstWithList)
        {
            for (uint id = 1; id <= Identity.NamespaceCount && id <= MostNamespaces; id++)
                list.Add(id);
            return list;
        }

        uint last = 0;
        while (last < Identity.NamespaceCount)
        {
            var bytes = await IdentifyRawAsync(IdentifyKind.ActiveNamespaces, last, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (!ActiveNamespaceList.Read(bytes, last, Identity.NamespaceCount, list, Address))
                break;
            if (list.Count > MostNamespaces)
                throw new NvmeException(NvmeFailure.Unsupported, $"{Address} lists more than {MostNamespaces} namespaces, which this driver does not take.");
            last = list[^1];
        }

        return list;
    }

    // Null where the namespace went since it was listed: all zeroes (5.17.2), or the status that says so.
    private async Task<NamespaceIdentity?> IdentifyNamespaceAsync(uint id, CancellationToken cancellationToken)
    {
        try
        {
            var descriptors = await ReadDescriptorsAsync(id, cancellationToken).ConfigureAwait(false);
            var bytes = await IdentifyRawAsync(IdentifyKind.Namespace, id, cancellationToken: cancellationToken).ConfigureAwait(false);
            return Array.TrueForAll(bytes, value => value == 0) && descriptors.CommandSet is null or 0
                ? null
                : NamespaceIdentity.Parse(bytes, descriptors, MaxTransferInBytes);
        }
        catch (NvmeException exception) when (exception.Status is { Code: StatusCode.InvalidNamespaceOrFormat })
        {
            return null;
        }
    }

    private async Task<NamespaceDescriptors> ReadDescriptorsAsync(uint id, CancellationToken cancellationToken)
    {
        if (Version < FirstWithDescriptors)
            return NamespaceDescriptors.None;
        try
        {
            var bytes = await IdentifyRawAsync(IdentifyKind.NamespaceDescriptors, id, cancellationToken: cancellationToken).ConfigureAwait(false);
            return NamespaceDescriptors.Parse(bytes);
        }
        catch (NvmeException exception) when (exception.Status is { Code: StatusCode.InvalidField })
        {
            // Controllers that say 1.3 and do not have the list are many; a namespace without identifiers is as good.
            _logger.DoesWithout(exception, Address, $"the descriptors of namespace {id}");
            return NamespaceDescriptors.None;
        }
    }
}
