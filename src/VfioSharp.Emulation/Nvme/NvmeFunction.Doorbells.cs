using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// Doorbells that call the function (NVMe over PCIe 1.0, 3.1.2).
public sealed partial class NvmeFunction
{
    private const int DoorbellInBytes = 4;

    private void WriteDoorbell(ulong offset, uint value, int lengthInBytes)
    {
        // A doorbell is written as a whole, and nothing can be written to a controller that does not run.
        if (_active is null || lengthInBytes != DoorbellInBytes || offset % DoorbellInBytes != 0)
            return;
        _active.Ring((int)((offset - NvmeRegister.FirstDoorbell) / DoorbellInBytes), value);
        RequestWork();
    }
}
