using VfioSharp.MonoFixup;

if (args is not [var folder] || !Directory.Exists(folder))
{
    Console.Error.WriteLine("Usage: VfioSharp.MonoFixup FOLDER: makes the assemblies of a published netstandard2.1 program run on Debian's Mono, in place.");
    return 2;
}

using var publication = new Publication(folder);
publication.Fix(Console.Out);
return publication.ReportUnsafeCalls(Console.Out, Console.Error) ? 1 : 0;
