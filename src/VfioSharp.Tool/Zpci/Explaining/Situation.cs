using VfioSharp.Zpci;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>
/// What a driver may come to, as a script: the steps before the last one lead there, the last one is the question. A cell of the table is the
/// script played on a modelled host.
/// </summary>
/// <param name="Topic">The part of the table that it belongs to.</param>
/// <param name="Name">What it is called; no two have the same name.</param>
/// <param name="Function">The function, as addresses of modelled hosts name it.</param>
/// <param name="Script">The steps, separated by semicolons.</param>
internal sealed record Situation(string Topic, string Name, string Function, string Script)
{
    /// <summary>The modes in which it can come about.</summary>
    public IReadOnlyList<ZpciMode> Modes { get; init; } = [ZpciMode.Nomio, ZpciMode.Mio];

    /// <summary>What is added to the host's description: one part of the patch series switched off, another driver.</summary>
    public string HostProperties { get; init; } = string.Empty;

    /// <summary>
    /// The guess about the machine that the answer rests on where the kernel stands between the machine and who asks; null for none. Instructions, and
    /// system calls that pass a condition code on, tell it themselves.
    /// </summary>
    public ArchitectureGuess? RestsOn { get; init; }

    /// <summary>Where real kernels were seen to answer, once or whenever the tests run.</summary>
    public IReadOnlyList<Evidence> Seen { get; init; } = [];

    /// <summary>The guests whose real kernels are seen to answer so whenever their tests run (VfioSharp.Guest.Tests, ModelTests and MioModelTests).</summary>
    public IReadOnlyList<string> SeenInGuests { get; init; } = [];

    /// <summary>The host on which it is played.</summary>
    public string HostFor(string kernel, ZpciMode mode) => $"linux-{kernel},{NameOf(mode)}{HostProperties}";

    /// <summary>The mode as host descriptions have it.</summary>
    public static string NameOf(ZpciMode mode) => mode switch
    {
        ZpciMode.Mio => "mio",
        ZpciMode.Nomio => "nomio",
        _ => "pci=off",
    };
}

/// <summary>A line that shows what a real kernel answered.</summary>
/// <param name="Recording">The name of the recording, or of what a test expects in guests.</param>
/// <param name="Line">How the line begins; the answer follows.</param>
internal sealed record Evidence(string Recording, string Line);
