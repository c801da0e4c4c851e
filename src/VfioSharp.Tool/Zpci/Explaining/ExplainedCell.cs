namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>A cell of the table.</summary>
/// <param name="Situation">The situation's name.</param>
/// <param name="Kernel">The kernel's version.</param>
/// <param name="Mode">"nomio", "mio" or "pci=off".</param>
/// <param name="Result">What a driver sees.</param>
/// <param name="Verified">How that is known: "real kernel", "source" or "derived".</param>
internal sealed record ExplainedCell(string Situation, string Kernel, string Mode, string Result, string Verified)
{
    /// <summary>A kernel of this generation was seen to answer so.</summary>
    public const string RealKernel = "real kernel";

    /// <summary>It follows from the kernel's source.</summary>
    public const string Source = "source";

    /// <summary>It rests on a guess about the machine.</summary>
    public const string Derived = "derived";
}
