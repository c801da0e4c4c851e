using Mono.Cecil;

namespace VfioSharp.MonoFixup;

/// <summary>
/// References to assemblies of which netstandard2.1 has everything itself, so that their packages have no file for it: assemblies made for
/// netstandard2.0 still name them, .NET has such files, and Mono has not.
/// </summary>
internal static class Facades
{
    private static readonly HashSet<string> Merged = new(StringComparer.Ordinal)
    {
        "System.Buffers", "System.Memory", "System.Numerics.Vectors", "System.Threading.Tasks.Extensions",
    };

    /// <summary>Lets the references point to netstandard.</summary>
    /// <param name="module">What refers.</param>
    /// <param name="published">The assemblies that are there.</param>
    /// <returns>How many references there were.</returns>
    public static int Retarget(ModuleDefinition module, PublishedAssemblies published)
    {
        var references = module.AssemblyReferences.Where(reference => Merged.Contains(reference.Name) && !published.Holds(reference.Name)).ToList();
        foreach (var reference in references)
        {
            reference.Name = "netstandard";
            reference.Version = new Version(2, 1, 0, 0);
            reference.PublicKeyToken = [0xcc, 0x7b, 0x13, 0xff, 0xcd, 0x2d, 0xdd, 0x51];
        }

        return references.Count;
    }
}
