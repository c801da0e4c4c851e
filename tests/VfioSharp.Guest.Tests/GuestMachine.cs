namespace VfioSharp.Guest.Tests;

/// <summary>
/// Boots guests by guest/run, as many at a time as the machine has processors, but no more than four. A guest that cannot be
/// had makes its tests skipped, with the reason.
/// </summary>
internal static class GuestMachine
{
    private const int Unavailable = 69;
    private const int MostGuests = 4;

    // Emulation beside a full machine takes ten times as long as on an idle one.
    private const string LongestRunInSeconds = "800";

    /// <summary>Debian's packages that judge from inside of a guest, or from outside what it wrote.</summary>
    public const string Packages = "nvme-cli,fio,e2fsprogs";

    // Enough for a first run that fetches QEMU and builds a kernel.
    private static readonly TimeSpan PreparationLimit = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(15);

    private static readonly SemaphoreSlim Processors = new(Math.Min(Environment.ProcessorCount, MostGuests));

    /// <summary>The x86-64 guests that judge: machine and kernel.</summary>
    public static readonly string[] X64Guests = ["x86_64 6.12", "x86_64 7", "x86_64 iommufd"];

    /// <summary>The IBM Z guests that judge: machine and kernel.</summary>
    public static readonly string[] IbmZGuests = ["s390x 6.12", "s390x 7", "s390x iommufd"];

    /// <summary>All guests on machines as QEMU has them.</summary>
    public static readonly string[] Guests = [.. X64Guests, .. IbmZGuests];

    /// <summary>
    /// The IBM Z guests on a machine with MIO instructions, which the change in guest/qemu-mio teaches QEMU: machine, kernel, and that. They are for
    /// tests of their own and not among <see cref="Guests"/>.
    /// </summary>
    public static readonly string[] MioGuests = ["s390x 6.12 mio", "s390x 7 mio", "s390x iommufd mio"];

    // Asked once a guest: what cannot be fetched now is not asked for again by each test.
    private static readonly Dictionary<string, Lazy<Task<string?>>> Obstacles =
        ((string[])[.. Guests, .. MioGuests]).ToDictionary(guest => guest, guest => new Lazy<Task<string?>>(() => Prepare(guest)));

    /// <summary>The x86-64 guests as the data of a theory.</summary>
    public static TheoryData<string> X64Data => [.. X64Guests];

    /// <summary>The IBM Z guests as the data of a theory.</summary>
    public static TheoryData<string> IbmZData => [.. IbmZGuests];

    /// <summary>All guests on machines as QEMU has them, as the data of a theory.</summary>
    public static TheoryData<string> Data => [.. Guests];

    /// <summary>The IBM Z guests with MIO instructions as the data of a theory.</summary>
    public static TheoryData<string> MioData => [.. MioGuests];

    /// <summary>Whether a guest is an IBM Z.</summary>
    /// <param name="guest">Machine and kernel.</param>
    public static bool IsIbmZ(string guest) => guest.StartsWith("s390x ", StringComparison.Ordinal);

    /// <summary>Whether a guest's kernel has iommufd.</summary>
    /// <param name="guest">Machine and kernel.</param>
    public static bool HasIommufd(string guest) => KernelOf(guest) == "iommufd";

    /// <summary>Whether a guest's machine has MIO instructions.</summary>
    /// <param name="guest">Machine and kernel.</param>
    public static bool HasMio(string guest) => guest.EndsWith(" mio", StringComparison.Ordinal);

    /// <summary>The fastest path to a BAR in a guest: IBM Z's kernels map no BAR before 6.15.</summary>
    /// <param name="guest">Machine and kernel.</param>
    public static string FastestPath(string guest) => !IsIbmZ(guest) ? "LoadStore"
        : KernelOf(guest) == "6.12" ? "RegionFile"
        : HasMio(guest) ? "MioInstruction" : "MmioSyscall";

    /// <summary>Skips the running test where a guest cannot be had.</summary>
    /// <param name="guest">Machine and kernel.</param>
    public static async Task SkipWhereUnavailable(string guest)
    {
        if (await Obstacles[guest].Value is { } obstacle)
            Assert.Skip(obstacle);
    }

    /// <summary>Runs a command in a guest.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="command">The command and its arguments, or a script for the guest's shell.</param>
    public static Task<ProcessRun> Run(string guest, string[] options, params string[] command) =>
        OnAProcessor([.. Select(guest), "--timeout", LongestRunInSeconds, .. options, "--", .. command], RunLimit);

    private static string[] Select(string guest) => guest.Split(' ') switch
    {
        [var machine, var kernel] => [machine, "--kernel", kernel],
        [var machine, var kernel, "mio"] => [machine, "--kernel", kernel, "--mio"],
        _ => throw new ArgumentException(
            "A guest is a machine and a kernel, such as \"s390x 7\", and \"mio\" where it has MIO instructions.", nameof(guest)),
    };

    private static string KernelOf(string guest) => guest.Split(' ')[1];

    private static async Task<string?> Prepare(string guest)
    {
        var preparation = await OnAProcessor([.. Select(guest), "--prepare", "--with", Packages], PreparationLimit);
        return preparation.ExitCode switch
        {
            0 => null,
            Unavailable => $"no guest {guest}: {preparation.Error.Trim()}",
            var code => throw new InvalidOperationException($"guest/run --prepare failed with {code}:\n{preparation.Error}"),
        };
    }

    private static async Task<ProcessRun> OnAProcessor(IEnumerable<string> arguments, TimeSpan limit)
    {
        await Processors.WaitAsync();
        try
        {
            return await ProcessRun.Start(Repository.PathOf("guest/run"), arguments, limit);
        }
        finally
        {
            Processors.Release();
        }
    }
}
