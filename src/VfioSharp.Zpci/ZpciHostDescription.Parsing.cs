using System.Diagnostics.CodeAnalysis;
using System.Text;
using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci;

public sealed partial record ZpciHostDescription
{
    private const string Prefix = "linux-";

    /// <summary>
    /// Reads a host: "linux-6.12,nomio", "linux-6.15,mio,fit=off". What is not said is as that kernel has it; the mode is nomio.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The host.</returns>
    /// <exception cref="FormatException">The text is no host; the message says what is wrong with it.</exception>
    public static ZpciHostDescription Parse(string text) =>
        TryParse(text, out var description, out var reason) ? description : throw new FormatException(reason);

    /// <summary>Reads a host without throwing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="description">The host where the text is one.</param>
    /// <param name="reason">One sentence on what is wrong where it is none.</param>
    /// <returns>Whether the text is a host.</returns>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out ZpciHostDescription? description, [NotNullWhen(false)] out string? reason)
    {
        description = null;
        var words = (text ?? string.Empty).Split(',');
        if (!words[0].StartsWith(Prefix, StringComparison.Ordinal) || !KernelVersion.TryParse(words[0][Prefix.Length..], out var kernel))
        {
            reason = $"'{text}' is not a host: write linux-VERSION, such as linux-6.12 or linux-7.2,mio.";
            return false;
        }

        if (kernel < KernelRules.Oldest)
        {
            reason = $"Linux {kernel} has no s390_pci_mmio_read and s390_pci_mmio_write; they came with {KernelRules.Oldest}.";
            return false;
        }

        ZpciMode? mode = null;
        var said = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<Func<ZpciHostDescription, ZpciHostDescription>>();
        foreach (var word in words.AsSpan(1))
        {
            var key = word.Split('=')[0];
            if (!TryReadWord(word, kernel, settings, ref mode, out reason))
                return false;
            if (!said.Add(word is "mio" or "nomio" or "pci=off" ? "mode" : key))
            {
                reason = $"'{word}' says again what was said before it in '{text}'.";
                return false;
            }
        }

        var result = new ZpciHostDescription(kernel, mode ?? ZpciMode.Nomio);
        foreach (var setting in settings)
            result = setting(result);
        description = result;
        reason = null;
        return true;
    }

    /// <summary>The host as <see cref="Parse"/> reads it, with what differs from that kernel's own ways.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        var usual = new ZpciHostDescription(Kernel, Mode);
        var text = new StringBuilder(Prefix).Append(Kernel).Append(Mode switch
        {
            ZpciMode.Mio => ",mio",
            ZpciMode.Nomio => ",nomio",
            _ => ",pci=off",
        });
        if (FaultsIn != usual.FaultsIn)
            text.Append(FaultsIn ? ",fault=on" : ",fault=off");
        if (Fit != usual.Fit)
            text.Append(Fit switch { FitRule.Size => ",fit=size", FitRule.Flag => ",fit=flag", _ => ",fit=off" });
        if (AllowsMmap != usual.AllowsMmap)
            text.Append(AllowsMmap ? ",mmap=on" : ",mmap=off");
        if (Driver is not null)
            text.Append(",driver=").Append(Driver);
        return text.ToString();
    }

    private static bool TryReadWord(
        string word,
        KernelVersion kernel,
        List<Func<ZpciHostDescription, ZpciHostDescription>> settings,
        ref ZpciMode? mode,
        [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        switch (word)
        {
            case "mio" when kernel < KernelRules.OldestWithMio:
                reason = $"With MIO, the system calls of Linux {kernel} panic or are not there; the model begins with {KernelRules.OldestWithMio}.";
                return false;
            case "mio":
                mode = ZpciMode.Mio;
                break;
            case "nomio":
                mode = ZpciMode.Nomio;
                break;
            case "pci=off":
                mode = ZpciMode.Off;
                break;
            case "fault=on" or "fault=off":
                settings.Add(host => host with { FaultsIn = word == "fault=on" });
                break;
            // "on" is the rule that was merged.
            case "fit=on" or "fit=flag":
                settings.Add(host => host with { Fit = FitRule.Flag });
                break;
            case "fit=size":
                settings.Add(host => host with { Fit = FitRule.Size });
                break;
            case "fit=off":
                settings.Add(host => host with { Fit = FitRule.None });
                break;
            case "mmap=on" or "mmap=off":
                settings.Add(host => host with { AllowsMmap = word == "mmap=on" });
                break;
            case $"driver={KernelRules.IsmDriver}" when !KernelRules.HasIsmDriver(kernel):
                reason = $"Linux {kernel} has no {KernelRules.IsmDriver}; it came with 7.1.";
                return false;
            case $"driver={KernelRules.IsmDriver}" or $"driver={KernelRules.GenericDriver}":
                settings.Add(host => host with { Driver = word["driver=".Length..] });
                break;
            default:
                reason = $"'{word}' is not a property of a host; those are mio, nomio, pci=off, fault=on|off, fit=on|off|size|flag, mmap=on|off, "
                    + $"driver={KernelRules.GenericDriver}|{KernelRules.IsmDriver}.";
                return false;
        }

        return true;
    }
}
