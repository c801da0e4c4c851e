namespace VfioSharp.MonoFixup;

/// <summary>A published program.</summary>
/// <param name="folder">The folder that it was published to.</param>
internal sealed class Publication(string folder) : IDisposable
{
    private readonly PublishedAssemblies _assemblies = new(folder);

    /// <summary>Fixes every assembly in place. A second time changes nothing.</summary>
    /// <param name="log">Gets a line for each thing that was changed.</param>
    public void Fix(TextWriter log)
    {
        var padded = new StructArguments(_assemblies).Pad();
        foreach (var type in padded)
            log.WriteLine($"{type.Module.Assembly.Name.Name}: {type.FullName} padded");
        foreach (var assembly in _assemblies.All)
        {
            var marks = new ReadOnlyReturns(assembly.MainModule).Strip();
            var facades = Facades.Retarget(assembly.MainModule, _assemblies);
            var sequences = new SequenceArguments(assembly.MainModule).PassByValue();
            log.WriteLine($"{assembly.Name.Name}: {marks} marks stripped, {facades} references retargeted, {sequences} sequences passed by value");
            if (marks + facades + sequences > 0 || padded.Any(type => type.Module.Assembly == assembly))
                _assemblies.Write(assembly);
        }
    }

    /// <summary>Tells of calls that go wrong on s390x and that no change of a published assembly can cure.</summary>
    /// <param name="log">Gets all.</param>
    /// <param name="errors">Gets those of the project's own, which are to be changed.</param>
    /// <returns>Whether there are some of the project's own.</returns>
    public bool ReportUnsafeCalls(TextWriter log, TextWriter errors)
    {
        var calls = new StructArguments(_assemblies).FindUnsafeCalls().ToList();
        foreach (var call in calls)
            (call.IsOurs ? errors : log).WriteLine($"{call}: Mono's code for s390x would overwrite what lies behind it.");
        return calls.Exists(call => call.IsOurs);
    }

    public void Dispose() => _assemblies.Dispose();
}
