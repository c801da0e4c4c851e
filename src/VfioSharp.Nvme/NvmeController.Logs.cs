using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

public sealed partial class NvmeController
{
    // NUMDL has 16 bits, of which controllers without LPA bit 2 may read 12 only: 4096 words of 4 bytes.
    private const int LogInOnePieceLimitInBytes = 16384;
    private const int ChangedNamespaceLimit = 1024;

    /// <summary>Reads a log page, or a part of it (Get Log Page; NVMe Base 2.0, 5.16). Long ones are read in several commands.</summary>
    /// <param name="page">The page.</param>
    /// <param name="destination">Takes the page; a multiple of 4 bytes, at least 4. What is behind the page's end reads as the controller likes.</param>
    /// <param name="offset">From where on, in bytes; a multiple of 4.</param>
    /// <param name="namespaceId">The namespace, for the pages that namespaces have; by default the controller as a whole.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>A task that ends when the destination is filled.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length or the offset is not a multiple of 4, or the length is 0.</exception>
    /// <exception cref="NvmeException">
    /// The controller does not have the page, does not read pages in parts (<see cref="ControllerIdentity.HasLogOffsets"/>), or does not complete the command.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task ReadLogAsync(
        LogPageId page,
        Memory<byte> destination,
        ulong offset = 0,
        uint namespaceId = AdminCommand.AllNamespaces,
        CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty || destination.Length % sizeof(uint) != 0)
            throw new ArgumentOutOfRangeException(nameof(destination), destination.Length, "A log page is read in multiples of 4 bytes, at least 4.");
        if (offset % sizeof(uint) != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "A log page is read from a multiple of 4 bytes on.");
        if (!Identity.HasLogOffsets && (offset != 0 || destination.Length > LogInOnePieceLimitInBytes))
            throw NotOffered($"read a log page in parts, or more than {LogInOnePieceLimitInBytes} bytes of it (LPA)");
        while (!destination.IsEmpty)
        {
            var part = destination[..Math.Min(destination.Length, AdminTransferLimitInBytes)];
            await ReceiveAsync(AdminCommand.GetLogPage(page, namespaceId, offset, part.Length, retainsEvent: false), part, cancellationToken).ConfigureAwait(false);
            destination = destination[part.Length..];
            offset += (ulong)part.Length;
        }
    }

    /// <summary>Reads the health of the controller, or of a namespace (SMART / Health Information; NVMe Base 2.0, 5.16.1.3).</summary>
    /// <param name="namespaceId">A namespace, where the controller keeps it for each (LPA, bit 0); by default the controller as a whole.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The page as the controller sent it.</returns>
    /// <exception cref="NvmeException">The controller does not keep it for namespaces, or does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<SmartLog> ReadSmartAsync(uint namespaceId = AdminCommand.AllNamespaces, CancellationToken cancellationToken = default)
    {
        var bytes = new byte[SmartLog.SizeInBytes];
        await ReadLogAsync(LogPageId.SmartHealth, bytes, 0, namespaceId, cancellationToken).ConfigureAwait(false);
        return MemoryMarshal.Read<SmartLog>(bytes);
    }

    /// <summary>Reads the error log (Error Information; NVMe Base 2.0, 5.16.1.2).</summary>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The entries that hold an error, the latest first; at most <see cref="ControllerIdentity.ErrorLogEntryCount"/>.</returns>
    /// <exception cref="NvmeException">The controller does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IReadOnlyList<ErrorLogEntry>> ReadErrorLogAsync(CancellationToken cancellationToken = default)
    {
        var bytes = new byte[Identity.ErrorLogEntryCount * ErrorLogEntry.SizeInBytes];
        await ReadLogAsync(LogPageId.ErrorInformation, bytes, cancellationToken: cancellationToken).ConfigureAwait(false);
        var entries = new List<ErrorLogEntry>();
        foreach (var entry in MemoryMarshal.Cast<byte, ErrorLogEntry>(bytes.AsSpan()))
        {
            if (entry.ErrorCount.Value != 0)
                entries.Add(entry);
        }

        return entries;
    }

    /// <summary>Reads which firmware the controller has (Firmware Slot Information; NVMe Base 2.0, 5.16.1.4).</summary>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The slots.</returns>
    /// <exception cref="NvmeException">The controller does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<FirmwareSlots> ReadFirmwareLogAsync(CancellationToken cancellationToken = default)
    {
        var bytes = new byte[FirmwareSlotLog.SizeInBytes];
        await ReadLogAsync(LogPageId.FirmwareSlot, bytes, cancellationToken: cancellationToken).ConfigureAwait(false);
        return FirmwareSlots.Parse(ref MemoryMarshal.AsRef<FirmwareSlotLog>(bytes.AsSpan()));
    }

    /// <summary>
    /// Reads which namespaces changed since the last time that somebody read it (Changed Namespace List; NVMe Base 2.0, 5.16.1.5). The driver reads
    /// it itself when the controller tells of a change, so that it is mostly empty.
    /// </summary>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The namespaces, ascending; null where they are more than the list can hold, so that any may have changed.</returns>
    /// <exception cref="NvmeException">The controller does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IReadOnlyList<uint>?> ReadChangedNamespacesAsync(CancellationToken cancellationToken = default)
    {
        var bytes = new byte[ChangedNamespaceLimit * sizeof(uint)];
        await ReadLogAsync(LogPageId.ChangedNamespaces, bytes, cancellationToken: cancellationToken).ConfigureAwait(false);
        var changed = new List<uint>();
        for (var position = 0; position < bytes.Length; position += sizeof(uint))
        {
            var id = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position));
            if (id == AdminCommand.AllNamespaces)
                return null;
            if (id == 0)
                break;
            changed.Add(id);
        }

        return changed;
    }
}
