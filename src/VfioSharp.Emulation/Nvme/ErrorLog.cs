using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// The Error Information log (NVMe Base 2.0, 5.16.1.2): the last errors, the newest first. It outlasts resets of the controller.
/// </summary>
internal sealed class ErrorLog
{
    /// <summary>ELPE, and one: how many errors are kept.</summary>
    public const int Length = 64;

    /// <summary>Stands for no queue and no command.</summary>
    public const ushort None = 0xffff;

    private const byte Pcie = 0;

    private readonly ErrorLogEntry[] _entries = new ErrorLogEntry[Length];

    /// <summary>How many errors there have been.</summary>
    public ulong Count { get; private set; }

    /// <summary>Keeps an error.</summary>
    /// <param name="queue">The submission queue, or <see cref="None"/>.</param>
    /// <param name="command">The command's identifier, or <see cref="None"/>.</param>
    /// <param name="status">How the command ended.</param>
    /// <param name="namespaceId">The namespace that it was for.</param>
    /// <param name="lba">The first logical block that it was for, or 0.</param>
    public void Add(ushort queue, ushort command, NvmeStatus status, uint namespaceId, ulong lba)
    {
        ref var entry = ref _entries[(int)(Count % Length)];
        entry = default;
        entry.ErrorCount = ++Count;
        entry.SubmissionQueueId = queue;
        entry.CommandId = command;
        entry.Status = status.ToEntry(phase: false);
        entry.ParameterLocation = None;
        entry.NamespaceId = namespaceId;
        entry.Lba = lba;
        entry.TransportType = Pcie;
    }

    /// <summary>Writes the log, as Get Log Page returns it.</summary>
    /// <param name="destination">As many bytes as <see cref="Length"/> entries have.</param>
    public void CopyTo(Span<byte> destination)
    {
        var entries = MemoryMarshal.Cast<byte, ErrorLogEntry>(destination);
        for (var age = 0; age < Length; age++)
            entries[age] = (ulong)age < Count ? _entries[(int)((Count - 1 - (ulong)age) % Length)] : default;
    }
}
