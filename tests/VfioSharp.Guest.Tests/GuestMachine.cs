namespace VfioSharp.Guest.Tests;

/// <summary>
/// Boots guests by guest/run, one at a time: two at once on a small machine would take longer than one after the other, and measure
/// nothing. A kernel that cannot be had makes its tests skipped, with the reason.
/// </summary>
internal static class GuestMachine
{
    private const int Unavailable = 69;

    // Enough for a first run that fetches QEMU and builds a kernel.
    private static readonly TimeSpan PreparationLimit = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(15);

    private static readonly SemaphoreSlim OneAtATime = new(1);

    /// <summary>The kernels that judge.</summary>
    public static readonly string[] Kernels = ["6.12", "7", "iommufd"];

    // Asked once a kernel: what cannot be fetched now is not asked for again by each test.
    private static readonly Dictionary<string, Lazy<Task<string?>>> Obstacles =
        Kernels.ToDictionary(kernel => kernel, kernel => new Lazy<Task<string?>>(() => Prepare(kernel)));

    /// <summary>The kernels as the data of a theory.</summary>
    public static TheoryData<string> KernelData => [.. Kernels];

    /// <summary>Skips the running test where a guest with this kernel cannot be had.</summary>
    /// <param name="kernel">The kernel.</param>
    public static async Task SkipWhereUnavailable(string kernel)
    {
        if (await Obstacles[kernel].Value is { } obstacle)
            Assert.Skip(obstacle);
    }

    /// <summary>Runs a command in a guest.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="command">The command and its arguments, or a script for the guest's shell.</param>
    public static Task<ProcessRun> Run(string kernel, string[] options, params string[] command) =>
        Exclusively(["x86_64", "--kernel", kernel, .. options, "--", .. command], RunLimit);

    private static async Task<string?> Prepare(string kernel)
    {
        var preparation = await Exclusively(["x86_64", "--kernel", kernel, "--prepare"], PreparationLimit);
        return preparation.ExitCode switch
        {
            0 => null,
            Unavailable => $"no guest with kernel {kernel}: {preparation.Error.Trim()}",
            var code => throw new InvalidOperationException($"guest/run --prepare failed with {code}:\n{preparation.Error}"),
        };
    }

    private static async Task<ProcessRun> Exclusively(IEnumerable<string> arguments, TimeSpan limit)
    {
        await OneAtATime.WaitAsync();
        try
        {
            return await ProcessRun.Start(Repository.PathOf("guest/run"), arguments, limit);
        }
        finally
        {
            OneAtATime.Release();
        }
    }
}
