using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>The firmware of a controller (NVMe Base 2.0, 5.16.1.4), read and checked. Immutable.</summary>
public sealed class FirmwareSlots
{
    private const int RevisionInBytes = 8;
    private const int Slots = 7;

    private FirmwareSlots(int active, int next, string[] revisions)
    {
        Active = active;
        Next = next;
        Revisions = revisions;
    }

    /// <summary>The slot of the firmware that runs, from 1.</summary>
    public int Active { get; }

    /// <summary>The slot of the firmware that runs after the next reset, from 1; 0 where the controller does not say that it is another.</summary>
    public int Next { get; }

    /// <summary>The revision in each of the seven slots, slot 1 first; empty where the slot is.</summary>
    public IReadOnlyList<string> Revisions { get; }

    /// <summary>Reads a log page.</summary>
    /// <param name="log">The page.</param>
    internal static FirmwareSlots Parse(ref FirmwareSlotLog log)
    {
        var revisions = new string[Slots];
        for (var slot = 0; slot < Slots; slot++)
            revisions[slot] = PrintableText.FromAscii(log.Revisions.Slice(slot * RevisionInBytes, RevisionInBytes));
        return new FirmwareSlots(log.ActiveFirmware & 7, log.ActiveFirmware >> 4 & 7, revisions);
    }
}
