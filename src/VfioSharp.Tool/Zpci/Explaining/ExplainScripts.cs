namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The scripts behind the table.</summary>
internal static class ExplainScripts
{
    public static void Write(TextWriter output, IReadOnlyList<Situation> situations)
    {
        foreach (var situation in situations)
        {
            output.WriteLine($"# {situation.Name}");
            output.WriteLine($"# HOST{situation.HostProperties}/{situation.Function}");
            foreach (var step in situation.Script.Split(';'))
                output.WriteLine(step);
            output.WriteLine();
        }
    }
}
