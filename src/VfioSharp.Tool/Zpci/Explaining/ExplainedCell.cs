namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>A cell of the table.</summary>
/// <param name="Situation">The situation's name.</param>
/// <param name="Kernel">The kernel's version.</param>
/// <param name="Mode">"nomio", "mio" or "pci=off".</param>
/// <param name="Result">What a driver sees.</param>
/// <param name="Verified">How that is known: "real kernel", "real kernel (emulated MIO)", "source" or "derived".</param>
/// <param name="Guess">The number of the guess that it rests on where it is "derived", else null.</param>
internal sealed record ExplainedCell(string Situation, string Kernel, string Mode, string Result, string Verified, int? Guess = null)
{
    /// <summary>A kernel of this generation was seen to answer so.</summary>
    public const string RealKernel = "real kernel";

    /// <summary>A kernel of this generation was seen to answer so on an emulator that was taught the MIO instructions.</summary>
    public const string RealKernelOnEmulatedMio = "real kernel (emulated MIO)";

    /// <summary>It follows from the kernel's source.</summary>
    public const string Source = "source";

    /// <summary>It rests on a guess about the machine.</summary>
    public const string Derived = "derived";
}
