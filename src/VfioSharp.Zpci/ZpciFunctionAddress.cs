using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VfioSharp.Emulation.Functions;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci;

/// <summary>
/// A modelled host with one function, as a person names it: "linux-6.12,nomio/nvme". The functions are those of <see cref="StockFunctions"/>, with their options
/// ("scratch,shared=off"). What the machine does with one is said as guest/run says it: "mio=off" gives it no MIO addresses, "mio-fault=0x800" lets five
/// registers of BAR 0 fail. Immutable.
/// </summary>
/// <param name="Host">The host.</param>
/// <param name="Function">The function's name, and the options that are given.</param>
/// <param name="ReportsMio">Whether the machine gives it MIO addresses; null for the machine's usual way.</param>
/// <param name="MioFault">
/// Where in BAR 0 the five registers begin that fail by MIO address (<see cref="InjectedFault.MioWindow"/>), a multiple of 8; null for none.
/// </param>
public sealed record ZpciFunctionAddress(ZpciHostDescription Host, string Function, bool? ReportsMio = null, ulong? MioFault = null)
{
    private const string WithoutMio = "mio=off";
    private const string FaultKey = "mio-fault=";

    /// <summary>The functions that there are.</summary>
    public static IReadOnlyList<string> FunctionNames { get; } = [.. StockFunctions.All.Select(stock => stock.Name)];

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text: HOST/FUNCTION.</param>
    /// <returns>The address.</returns>
    /// <exception cref="FormatException">The text is none; the message says what is wrong with it.</exception>
    public static ZpciFunctionAddress Parse(string text) =>
        TryParse(text, out var address, out var reason) ? address : throw new FormatException(reason);

    /// <summary>Reads an address without throwing.</summary>
    /// <param name="text">The text: HOST/FUNCTION.</param>
    /// <param name="address">The address where the text is one.</param>
    /// <param name="reason">One sentence on what is wrong where it is none.</param>
    /// <returns>Whether the text is an address.</returns>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out ZpciFunctionAddress? address, [NotNullWhen(false)] out string? reason)
    {
        address = null;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0)
        {
            reason = $"'{text}' names no function of a modelled host: write HOST/FUNCTION, such as linux-7.2,nomio/nvme.";
            return false;
        }

        if (!ZpciHostDescription.TryParse(text![..slash], out var host, out reason))
            return false;
        var words = text[(slash + 1)..].Split(',');
        if (!FunctionNames.Contains(words[0]))
        {
            reason = $"'{words[0]}' is no function that can be modelled; there are {string.Join(", ", FunctionNames)}, "
                + "each with ,mio=off or ,mio-fault=OFFSET behind it or without.";
            return false;
        }

        var read = new ZpciFunctionAddress(host, words[0]);
        foreach (var word in words.AsSpan(1))
        {
            if (word == WithoutMio)
            {
                read = read with { ReportsMio = false };
            }
            else if (!word.StartsWith(FaultKey, StringComparison.Ordinal))
            {
                read = read with { Function = $"{read.Function},{word}" };
            }
            else if (TryReadOffset(word[FaultKey.Length..], out var offset))
            {
                read = read with { MioFault = offset };
            }
            else
            {
                reason = $"'{word}' is not a place where registers fail: write mio-fault= and a multiple of 8, such as mio-fault=0x800.";
                return false;
            }
        }

        if (!StockFunctions.TryParse(read.Function, out _, out reason))
            return false;
        address = read;
        return true;
    }

    /// <summary>Plugs the function into a host.</summary>
    /// <param name="host">The host.</param>
    /// <returns>The function.</returns>
    /// <exception cref="FormatException">There is no such function or option.</exception>
    public ZpciFunction PlugInto(ZpciHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.Plug(StockFunctions.Create(Function), new ZpciFunctionOptions
        {
            ReportsMio = ReportsMio,
            FunctionType = NameOf(Function) == "ism" ? ZpciFunctionOptions.IsmFunctionType : (byte)0,
            Faults = MioFault is { } offset ? InjectedFault.MioWindow(offset) : [],
        });
    }

    /// <summary>The address as <see cref="Parse"/> reads it.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        var text = $"{Host}/{Function}";
        if (ReportsMio == false)
            text += $",{WithoutMio}";
        return MioFault is { } offset ? string.Create(CultureInfo.InvariantCulture, $"{text},{FaultKey}0x{offset:x}") : text;
    }

    private static bool TryReadOffset(string text, out ulong offset)
    {
        var isHexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(
            isHexadecimal ? text[2..] : text,
            isHexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out offset) && offset % 8 == 0;
    }

    private static string NameOf(string function) => function.Split(',')[0];
}
