using Mono.Cecil;

namespace VfioSharp.MonoFixup;

/// <summary>The assemblies of a publication, which refer to each other. Whatever else they refer to is the class library's.</summary>
internal sealed class PublishedAssemblies : DefaultAssemblyResolver
{
    private readonly Dictionary<string, AssemblyDefinition> _assemblies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>Reads all assemblies of a folder.</summary>
    /// <param name="folder">The folder.</param>
    public PublishedAssemblies(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "*.dll").Order(StringComparer.Ordinal))
        {
            // From memory, so that the file can be written afterwards.
            var assembly = AssemblyDefinition.ReadAssembly(new MemoryStream(File.ReadAllBytes(file)), new ReaderParameters { AssemblyResolver = this });
            _assemblies.Add(assembly.Name.Name, assembly);
            _files.Add(assembly.Name.Name, file);
        }
    }

    /// <summary>The assemblies.</summary>
    public IEnumerable<AssemblyDefinition> All => _assemblies.Values;

    /// <summary>Whether there is such an assembly.</summary>
    public bool Holds(string assembly) => _assemblies.ContainsKey(assembly);

    /// <inheritdoc/>
    public override AssemblyDefinition Resolve(AssemblyNameReference name) =>
        _assemblies.TryGetValue(name.Name, out var assembly) ? assembly : base.Resolve(name);

    /// <summary>Writes an assembly over its file. Its signature no longer covers what it holds; Mono does not ask for one.</summary>
    public void Write(AssemblyDefinition assembly) => assembly.Write(_files[assembly.Name.Name]);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var assembly in _assemblies.Values)
            assembly.Dispose();
        base.Dispose(disposing);
    }
}
