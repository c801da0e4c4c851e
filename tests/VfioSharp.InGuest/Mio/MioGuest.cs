using VfioSharp.Backends;
using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// What a guest with MIO instructions is made of, for the tests of this folder. They are explicit: they need a machine whose QEMU knows the
/// instructions, a kernel that maps BARs, and the devices named here. What a condition code or an exception looks like comes from that QEMU, and so is no evidence
/// about hardware (guest/qemu-mio/GUESSES.md); what the kernel makes of it is.
/// </summary>
public static class MioGuest
{
    /// <summary>A controller whose BAR 2 is memory that keeps what is written, in any width.</summary>
    public const string Memory = "memory";

    /// <summary>A controller with five registers in BAR 0 that fail, from <see cref="FirstFaulty"/> on.</summary>
    public const string Faulty = "faulty";

    /// <summary>A controller for which the machine has no MIO addresses.</summary>
    public const string Lost = "lost";

    /// <summary>
    /// Eight bytes from each other: condition code 1 with status 12, condition code 2, condition code 3, operand exception, addressing exception.
    /// </summary>
    public const ulong FirstFaulty = 0x800;

    /// <summary>The devices as guest/run takes them.</summary>
    public static readonly string[] Devices =
    [
        "--device", $"nvme,id={Memory},cmb_size_mb=1",
        "--device", $"nvme,id={Faulty},mio-fault=0x800",
        "--device", $"nvme,id={Lost},mio=off",
    ];

    /// <summary>The tests that need these devices and nothing else.</summary>
    public static readonly string[] Classes =
    [
        nameof(MioPlanTests), nameof(MioAccessTests), nameof(MioBlockStoreTests), nameof(MioConditionCodeTests), nameof(MioDecodingTests),
        nameof(MioGuardTests), nameof(MioMeasurementTests), nameof(MioSyscallTests), nameof(MioTimingTests),
    ];

    internal static MioInstructions Instructions => DeviceHost.Local.Instructions
        ?? throw new InvalidOperationException($"No MIO instructions: {DeviceHost.Local.GuardObstacle}");

    /// <summary>Opens a window on the memory of <see cref="Memory"/>.</summary>
    internal static RegionWindow OpenMemory(VfioDevice device, AccessPath? path = null) =>
        device.Regions[RegionIndex.Bar2].Open(new WindowOptions { Path = path, OnFault = OnFault.Throw });

    /// <summary>Bytes of a window by its own path, in accesses of 4 bytes: for pread and pwrite the widest that are never split.</summary>
    internal static byte[] Bytes(RegionWindow window, ulong offset, int lengthInBytes)
    {
        var bytes = new byte[lengthInBytes];
        window.ReadBlock(offset, bytes, sizeof(uint));
        return bytes;
    }

    /// <summary>All ones of a width.</summary>
    internal static ulong AllOnes(int widthInBytes) => ulong.MaxValue >> (64 - 8 * widthInBytes);
}
