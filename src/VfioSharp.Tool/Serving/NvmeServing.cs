using System.CommandLine;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Serving;

/// <summary>The options that say of what an NVMe controller is made.</summary>
internal sealed class NvmeServing
{
    private const int MostNamespaces = 256;
    private const ulong SmallestSizeInBytes = 4096;
    private const ulong LargestSizeInBytes = 1ul << 50;
    private const ulong SizeInMemory = 64 << 20;

    private readonly Option<string[]> _images = new("--image")
    {
        Description = "A file that is a namespace; may be given several times (default: memory)",
        HelpName = "FILE",
    };

    private readonly Option<ulong?> _size = LimitedOptions.Size(
        "--size",
        "How large a file is that is not there yet or shorter, or memory (default of memory: 64MiB)",
        SmallestSizeInBytes,
        LargestSizeInBytes);

    private readonly Option<int> _namespaces = LimitedOptions.Number(
        "--namespaces", "Into how many equal namespaces the one file, or the memory, is divided", 1, MostNamespaces, 1);

    private readonly Option<int> _blockSize = LimitedOptions.OneOf("--block-size", "Bytes of a logical block", 512, 4096);
    private readonly Option<bool> _isReadOnly = new("--read-only") { Description = "Let nothing be written" };

    private readonly Option<NvmeDoorbells> _doorbells = LimitedOptions.Choice(
        "--doorbells", "Shared memory, or an access each", ("shared", NvmeDoorbells.Shared), ("trapped", NvmeDoorbells.Trapped));

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (var option in new Option[] { _images, _size, _namespaces, _blockSize, _isReadOnly, _doorbells })
            verb.Add(option);
    }

    /// <summary>Makes the controller that the command line describes.</summary>
    /// <returns>The controller, which the caller owns.</returns>
    /// <exception cref="CommandLineException">The options contradict each other.</exception>
    /// <exception cref="VfioException">A file cannot be opened or made, is in use or too large, or there is no memory.</exception>
    public NvmeFunction Create(ParseResult parsed)
    {
        var paths = parsed.GetValue(_images) ?? [];
        RequireSense(parsed, paths);
        var images = new List<NvmeImage>();
        try
        {
            if (paths.Length == 0)
                images.Add(NvmeImage.InMemory((long)(parsed.GetValue(_size) ?? SizeInMemory), parsed.GetValue(_blockSize)));
            foreach (var path in paths)
                images.Add(Open(parsed, path));
            if (parsed.GetValue(_namespaces) is > 1 and var count)
            {
                var parts = images[0].Divide(count);
                images.Clear();
                images.AddRange(parts);
            }
        }
        catch
        {
            foreach (var image in images)
                image.Dispose();
            throw;
        }

        return new NvmeFunction(new NvmeFunctionOptions { Images = images, Doorbells = parsed.GetValue(_doorbells) });
    }

    private NvmeImage Open(ParseResult parsed, string path) => NvmeImage.Open(path, new NvmeImageOptions
    {
        SizeInBytes = (long?)parsed.GetValue(_size),
        BlockSizeInBytes = parsed.GetValue(_blockSize),
        IsReadOnly = parsed.GetValue(_isReadOnly),
    });

    private void RequireSense(ParseResult parsed, string[] paths)
    {
        if (Array.Exists(paths, path => path.Length == 0))
            throw new CommandLineException("--image is the path of a file, and not empty.");
        if (paths.Length > 1 && parsed.GetValue(_namespaces) > 1)
            throw new CommandLineException("--namespaces divides one --image; of several each is a namespace.");
        if (parsed.GetValue(_isReadOnly) && paths.Length == 0)
            throw new CommandLineException("--read-only is for an --image: memory in which nothing can be written holds nothing.");
        if (parsed.GetValue(_isReadOnly) && parsed.GetValue(_size) is not null)
            throw new CommandLineException("--read-only and --size exclude each other: a file in which nothing can be written is as long as it is.");
        if (parsed.GetValue(_size) % (ulong)parsed.GetValue(_blockSize) is > 0)
        {
            throw new CommandLineException(
                FormattableString.Invariant($"--size is a multiple of a logical block, of {parsed.GetValue(_blockSize)} bytes."));
        }
    }
}
