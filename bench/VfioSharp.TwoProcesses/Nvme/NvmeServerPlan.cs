using System.Globalization;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>A file that is served as a namespace.</summary>
internal sealed record ServedImage(string Path, int BlockSizeInBytes)
{
    /// <summary>Makes an image of zeros, a file without blocks.</summary>
    public static ServedImage Create(string path, long sizeInBytes, int blockSizeInBytes)
    {
        using var file = File.Create(path);
        file.SetLength(sizeInBytes);
        return new ServedImage(path, blockSizeInBytes);
    }
}

/// <summary>What the second process serves as a controller, and how it waits; as arguments of a command line, too.</summary>
internal sealed record NvmeServerPlan(string Socket, IReadOnlyList<ServedImage> Images)
{
    public const string Verb = "serve-nvme";
    private const string Spins = "spins";

    /// <summary>How the doorbells come.</summary>
    public NvmeDoorbells Doorbells { get; init; } = NvmeDoorbells.Shared;

    /// <summary>Whether the server goes on looking for commands while there are none.</summary>
    public bool IsSpinning { get; init; }

    public string[] ToArguments() =>
    [
        Verb, Socket, Doorbells.ToString(), IsSpinning ? Spins : "rests",
        .. Images.SelectMany(image => new[] { image.BlockSizeInBytes.ToString(CultureInfo.InvariantCulture), image.Path }),
    ];

    public static NvmeServerPlan Parse(string[] arguments) =>
        new(arguments[1], [.. arguments[4..].Chunk(2).Select(pair => new ServedImage(pair[1], int.Parse(pair[0], CultureInfo.InvariantCulture)))])
        {
            Doorbells = Enum.Parse<NvmeDoorbells>(arguments[2]),
            IsSpinning = arguments[3] == Spins,
        };

    /// <summary>Starts the process and waits until it is ready.</summary>
    /// <param name="program">This program's file.</param>
    public SecondProcess Start(string program) => SecondProcess.Start(program, ToArguments());

    /// <summary>The same on one processor alone.</summary>
    /// <param name="program">This program's file.</param>
    /// <param name="processor">Its number.</param>
    public SecondProcess StartOn(string program, int processor) =>
        SecondProcess.Start("taskset", ["-c", processor.ToString(CultureInfo.InvariantCulture), program, .. ToArguments()]);
}
