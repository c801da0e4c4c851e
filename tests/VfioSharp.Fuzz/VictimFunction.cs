namespace VfioSharp.Fuzz;

/// <summary>What a driver of a function does, as far as it differs from what any driver does.</summary>
internal enum DriverKind
{
    Scratch,
    Edu,
    Nvme,
    Ism,
    Nic,
}

/// <summary>A function that is served to be attacked. Immutable.</summary>
/// <param name="Name">Its name on the command line, and of its socket.</param>
/// <param name="Text">How the library makes it.</param>
/// <param name="Driver">How it is driven.</param>
/// <param name="Regions">Which regions it has, and how long each is.</param>
internal sealed record VictimFunction(string Name, string Text, DriverKind Driver, (uint Index, ulong LengthInBytes)[] Regions)
{
    public const uint ConfigRegion = 7;

    private static readonly (uint, ulong)[] OfScratch = [(0, 0x4000), (2, 0x1000), (4, 0x1000), (ConfigRegion, 0x1000)];
    private static readonly (uint, ulong)[] OfNvme = [(0, 0x4000), (ConfigRegion, 0x1000)];
    private static readonly (uint, ulong)[] OfIsm = [(0, 1ul << 48), (2, 0x1000), (4, 0x2000), (ConfigRegion, 0x100)];

    /// <summary>All stock functions; twice those whose registers may be shared memory or trapped, or that take their accesses in two forms.</summary>
    public static IReadOnlyList<VictimFunction> All { get; } =
    [
        new("scratch", "scratch", DriverKind.Scratch, OfScratch),
        new("scratch-trapped", "scratch,shared=off", DriverKind.Scratch, OfScratch),
        new("scratch-polled", "scratch", DriverKind.Scratch, OfScratch) { IsPolled = true },
        new("edu", "edu", DriverKind.Edu, [(0, 1 << 20), (4, 0x1000), (ConfigRegion, 0x100)]),
        new("nvme", "nvme,size=1M", DriverKind.Nvme, OfNvme),
        new("nvme-trapped", "nvme,size=1M,doorbells=trapped", DriverKind.Nvme, OfNvme),
        new("ism", "ism", DriverKind.Ism, OfIsm),
        new("ism-words", "ism,stores=words", DriverKind.Ism, OfIsm),
        new("nic", "nic", DriverKind.Nic, [(0, 0x4000), (2, 0x10000), (ConfigRegion, 0x1000)]),
    ];

    /// <summary>Whether its server looks for messages again and again before it sleeps.</summary>
    public bool IsPolled { get; init; }

    /// <summary>Where it is served, beside the others.</summary>
    public string SocketBeside(string path) => $"{path}-{Name}";
}
