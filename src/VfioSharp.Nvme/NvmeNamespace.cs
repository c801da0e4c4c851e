using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// A namespace of a controller: logical blocks that can be read and written. It belongs to its <see cref="Controller"/> and ends with it. Where
/// the controller tells that the namespace has changed (grown, been formatted), <see cref="Identity"/> and what follows from it change in place.
/// </summary>
/// <remarks>
/// All members may be used from any thread. Reads and writes go to the controller's own queue pair, which serves one submission after the other;
/// a thread that wants its own way to the controller makes a queue pair.
/// </remarks>
[SuppressMessage("Naming", "CA1724", Justification = "A namespace is what NVMe calls it.")]
public sealed partial class NvmeNamespace
{
    private NamespaceIdentity _identity;

    internal NvmeNamespace(NvmeController controller, uint id, NamespaceIdentity identity)
    {
        Controller = controller;
        Id = id;
        _identity = identity;
    }

    /// <summary>The controller that it belongs to.</summary>
    public NvmeController Controller { get; }

    /// <summary>NSID: its number, from 1.</summary>
    public uint Id { get; }

    /// <summary>What the controller says of it; another object after each change.</summary>
    public NamespaceIdentity Identity
    {
        get => Volatile.Read(ref _identity);
        internal set => Volatile.Write(ref _identity, value);
    }

    /// <summary>The size in logical blocks.</summary>
    public ulong SizeInBlocks => Identity.SizeInBlocks;

    /// <summary>How long a logical block is; 0 where <see cref="Obstacle"/> says that the format makes no sense.</summary>
    public int BlockSizeInBytes => Identity.BlockSizeInBytes;

    /// <summary>The size in bytes; 0 where the format makes no sense.</summary>
    public long SizeInBytes => Identity is { Obstacle: null } identity ? (long)(identity.SizeInBlocks << identity.BlockShift) : 0;

    /// <summary>Why this driver neither reads nor writes it, as a sentence (<see cref="NamespaceIdentity.Obstacle"/>); null where it does.</summary>
    public string? Obstacle => IsRemoved ? "it is gone: the controller does not list it any more." : Identity.Obstacle;

    /// <summary>Whether the controller has ceased to list it.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>Which namespace it is, for messages.</summary>
    /// <returns>"namespace 1 of 0000:01:00.0".</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"namespace {Id} of {Controller.Address}");

    /// <summary>Refuses what the driver does not do with this namespace.</summary>
    /// <returns>The identity, for the checks that follow: one that does not change meanwhile.</returns>
    /// <exception cref="NvmeException">The namespace has an <see cref="Obstacle"/>.</exception>
    internal NamespaceIdentity RequireUsable()
    {
        var identity = Identity;
        return identity.Obstacle is null && !IsRemoved ? identity : throw Unusable();
    }

    /// <summary>Refuses what the controller does not offer.</summary>
    /// <param name="command">The command.</param>
    /// <exception cref="NvmeException">The controller does not have it (ONCS).</exception>
    internal void RequireCommand(OptionalIoCommand command)
    {
        if ((Controller.Identity.IoCommands & command) == 0)
            throw new NvmeException(NvmeFailure.Unsupported, $"{Controller.Address} does not have the command {command} (ONCS).");
    }

    private NvmeException Unusable() => new(NvmeFailure.Unsupported, $"The {this} cannot be read or written: {Obstacle}");
}
