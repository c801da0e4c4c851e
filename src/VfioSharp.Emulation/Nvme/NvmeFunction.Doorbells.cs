using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// Doorbells that call the function (NVMe over PCIe 1.0, 3.1.2).
public sealed partial class NvmeFunction
{
    private const int DoorbellInBytes = 4;

    /// <summary>
    /// The doorbells of all queues that there may be, where they are trapped: of several writes to one the last says how far the driver has come.
    /// None where they are shared memory.
    /// </summary>
    public IReadOnlyList<Doorbell> Doorbells { get; }

    private static Doorbell[] DescribeDoorbells(NvmeFunctionOptions options)
    {
        if (options.Doorbells == NvmeDoorbells.Shared)
            return [];
        var doorbells = new Doorbell[2 * (options.MaxQueuePairs + 1)];
        for (var number = 0; number < doorbells.Length; number++)
        {
            var offset = NvmeRegister.FirstDoorbell + (ulong)number * DoorbellInBytes;
            doorbells[number] = new Doorbell(Bar, offset, DoorbellInBytes) { KeepsValue = true };
        }

        return doorbells;
    }

    private void WriteDoorbell(ulong offset, uint value, int lengthInBytes)
    {
        // A doorbell is written as a whole, and nothing can be written to a controller that does not run.
        if (_active is null || lengthInBytes != DoorbellInBytes || offset % DoorbellInBytes != 0)
            return;
        _active.Ring((int)((offset - NvmeRegister.FirstDoorbell) / DoorbellInBytes), value);
        RequestWork();
    }
}
