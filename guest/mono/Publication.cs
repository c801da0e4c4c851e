using Mono.Cecil;

namespace VfioSharp.MonoFixup;

/// <summary>The assemblies of a published program.</summary>
internal static class Publication
{
    /// <summary>Fixes every assembly of a folder in place. A second time changes nothing.</summary>
    /// <param name="folder">The folder that a program was published to.</param>
    /// <returns>A line for each assembly that was changed.</returns>
    public static IEnumerable<string> Fix(string folder)
    {
        var files = Directory.GetFiles(folder, "*.dll").Order(StringComparer.Ordinal).ToList();
        var published = files.Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet(StringComparer.Ordinal);
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(folder);
        foreach (var file in files)
        {
            using var bytes = new MemoryStream(File.ReadAllBytes(file));
            using var assembly = AssemblyDefinition.ReadAssembly(bytes, new ReaderParameters { AssemblyResolver = resolver });
            var modifiers = new ReadOnlyReturns(assembly.MainModule).Strip();
            var facades = Facades.Retarget(assembly.MainModule, published);
            if (modifiers + facades == 0)
                continue;

            // Its signature no longer covers what it holds; Mono does not ask for one.
            assembly.Write(file);
            yield return $"{Path.GetFileName(file)}: {modifiers} modifiers stripped, {facades} references retargeted";
        }
    }
}
