using VfioSharp.Config;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// What an <see cref="NvmeFunction"/> is made of. The defaults are those of QEMU's controller where a driver can tell: identity, CAP and VS.
/// Immutable.
/// </summary>
public sealed record NvmeFunctionOptions
{
    private const int LongestSerialNumber = 20;
    private const int LongestModelNumber = 40;
    private const int LongestFirmwareRevision = 8;

    /// <summary>
    /// The namespaces, from number 1 on. Once its constructor has succeeded they are the function's, which disposes of them; a function has its own.
    /// None (the default) is possible: a controller without storage.
    /// </summary>
    public IReadOnlyList<NvmeImage> Images { get; init; } = [];

    /// <summary>How doorbells reach the controller. Default: shared memory.</summary>
    public NvmeDoorbells Doorbells { get; init; } = NvmeDoorbells.Shared;

    /// <summary>What it says it is on the bus. Default: QEMU's controller, 1b36:0010, whose registers it has, too.</summary>
    public PciIdentity Identity { get; init; } = new(0x1b36, 0x0010, new ClassCode(0x010802))
    {
        RevisionId = 2,
        SubsystemVendorId = 0x1af4,
        SubsystemId = 0x1100,
        InterruptPin = 1,
    };

    /// <summary>
    /// SN: up to 20 characters of ASCII. Null (the default): one that the paths of the images give, so that the same images have the same number
    /// the next time, and that no other has; a random one where an image is in memory alone.
    /// </summary>
    public string? SerialNumber { get; init; }

    /// <summary>MN: up to 40 characters of ASCII.</summary>
    public string ModelNumber { get; init; } = "VfioSharp NVMe Controller";

    /// <summary>FR: up to 8 characters of ASCII.</summary>
    public string FirmwareRevision { get; init; } = "0.1.0";

    /// <summary>
    /// VS: the version that it says it follows; 1.4, QEMU's, unless something else is said. It has what version 2.0 asks for in any case. From 1.3
    /// to 2.0.
    /// </summary>
    public NvmeVersion Version { get; init; } = new(1, 4, 0);

    /// <summary>
    /// How many I/O submission queues, and as many completion queues, there may be: 1 to 255. Each has an interrupt of its own. Default: 64.
    /// </summary>
    public int MaxQueuePairs { get; init; } = 64;

    /// <summary>CAP.MQES: how many entries a queue may have, 2 to 65536. Default: 2048.</summary>
    public int MaxQueueEntries { get; init; } = 2048;

    /// <summary>
    /// MDTS: how many bytes a command may move, a power of two from 4 KiB to 16 MiB. Default: 512 KiB.
    /// </summary>
    public int MaxTransferInBytes { get; init; } = 512 << 10;

    /// <summary>Whether the driver may reset the NVM subsystem by NSSR (CAP.NSSRS). Default: false.</summary>
    public bool HasSubsystemReset { get; init; }

    /// <summary>
    /// How long the controller memory buffer is, which takes BAR 2: a power of two from 4 KiB to 256 MiB, or 0 (the default) for none. Submission
    /// queues, lists and data may lie there.
    /// </summary>
    public int ControllerMemoryBufferInBytes { get; init; }

    /// <summary>Says what is wrong, where something is.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Images);
        ArgumentNullException.ThrowIfNull(Identity);
        foreach (var image in Images)
            ArgumentNullException.ThrowIfNull(image, nameof(Images));
        Require(Doorbells is NvmeDoorbells.Shared or NvmeDoorbells.Trapped, nameof(Doorbells), Doorbells, "shared or trapped");
        CheckText(SerialNumber, LongestSerialNumber, nameof(SerialNumber));
        CheckText(ModelNumber, LongestModelNumber, nameof(ModelNumber));
        CheckText(FirmwareRevision, LongestFirmwareRevision, nameof(FirmwareRevision));
        Require(Version >= new NvmeVersion(1, 3, 0) && Version <= new NvmeVersion(2, 0, 0), nameof(Version), Version, "1.3 to 2.0");
        Require(MaxQueuePairs is >= 1 and <= 255, nameof(MaxQueuePairs), MaxQueuePairs, "1 to 255");
        Require(MaxQueueEntries is >= 2 and <= 65536, nameof(MaxQueueEntries), MaxQueueEntries, "2 to 65536");
        Require(
            MaxTransferInBytes is >= 4096 and <= 16 << 20 && (MaxTransferInBytes & (MaxTransferInBytes - 1)) == 0,
            nameof(MaxTransferInBytes), MaxTransferInBytes, "a power of two from 4 KiB to 16 MiB");
        var buffer = ControllerMemoryBufferInBytes;
        Require(
            buffer == 0 || (buffer is >= 4096 and <= 256 << 20 && (buffer & (buffer - 1)) == 0),
            nameof(ControllerMemoryBufferInBytes), buffer, "0, or a power of two from 4 KiB to 256 MiB");
    }

    private static void Require(bool isMet, string name, object value, string range)
    {
        if (!isMet)
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {range}.");
    }

    private static void CheckText(string? text, int longest, string name)
    {
        if (text is null)
            return;
        foreach (var character in text)
            Require(character is >= ' ' and <= '~', name, text, "printable ASCII");
        Require(text.Length <= longest, name, text, $"{longest} characters at most");
    }
}
