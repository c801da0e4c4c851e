using VfioSharp.Emulation;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Tool.Serving;

/// <summary>A function that is to be served, and where.</summary>
/// <param name="Function">The function, as a person names it: NAME[,OPTION=VALUE]...</param>
/// <param name="Socket">The path of the socket, or null for a descriptor.</param>
/// <param name="Descriptor">A connected socket that the caller left open for this process, or null.</param>
internal sealed record ServeTarget(string Function, string? Socket, int? Descriptor)
{
    private const char Separator = '@';

    // What SPDK's tools look for in a folder that they are given as an address.
    private const string NameInFolder = "cntrl";

    /// <summary>Reads what the command line says.</summary>
    /// <param name="functions">FUNCTION, or FUNCTION@PATH for each of several.</param>
    /// <param name="socket">--socket.</param>
    /// <param name="descriptor">--fd.</param>
    /// <returns>The targets, at least one, no two at one path.</returns>
    /// <exception cref="CommandLineException">It says too little, or too much.</exception>
    public static IReadOnlyList<ServeTarget> Read(IReadOnlyList<string> functions, string? socket, int? descriptor)
    {
        if (functions is [var only] && !only.Contains(Separator))
            return [ReadOne(only, socket, descriptor)];

        if (socket is not null || descriptor is not null)
            throw new CommandLineException("--socket and --fd are for one FUNCTION; FUNCTION@PATH says for each of several where it is served.");
        var paths = new HashSet<string>(StringComparer.Ordinal);
        return [.. functions.Select(text => ReadOne(text, paths))];
    }

    /// <summary>Reads where one function is to be served.</summary>
    /// <param name="function">The function.</param>
    /// <param name="socket">--socket.</param>
    /// <param name="descriptor">--fd.</param>
    /// <exception cref="CommandLineException">Neither is given, or both.</exception>
    public static ServeTarget ReadOne(string function, string? socket, int? descriptor) => (socket is null) == (descriptor is null)
        ? throw new CommandLineException($"Say where to serve {function}: --socket PATH, or --fd N.")
        : new ServeTarget(function, socket is null ? null : InFolder(socket), descriptor);

    /// <summary>Makes the function.</summary>
    /// <returns>The function after power-on, which the caller owns.</returns>
    /// <exception cref="CommandLineException">There is no such function, or it has no such option.</exception>
    /// <exception cref="VfioException">There is no memory for what it shares.</exception>
    public PciFunction Create()
    {
        try
        {
            return StockFunctions.Create(Function);
        }
        catch (FormatException mistake)
        {
            throw new CommandLineException(mistake.Message);
        }
    }

    private static ServeTarget ReadOne(string text, HashSet<string> paths)
    {
        if (text.Split(Separator, 2) is not [{ Length: > 0 } function, { Length: > 0 } path])
            throw new CommandLineException($"'{text}' does not say where to serve the function: of several, each is FUNCTION@PATH.");
        // Two spellings of one path are found by the kernel, when the second is to be listened at.
        path = InFolder(path);
        return paths.Add(path)
            ? new ServeTarget(function, path, null)
            : throw new CommandLineException($"'{path}' can be the socket of one function alone.");
    }

    private static string InFolder(string path) => Directory.Exists(path) ? Path.Combine(path, NameInFolder) : path;
}
