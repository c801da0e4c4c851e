using System.Diagnostics.CodeAnalysis;
using VfioSharp.Emulation.Functions;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci;

/// <summary>
/// A modelled host with one function, as a person names it: "linux-6.12,nomio/nvme". The functions are those of <see cref="StockFunctions"/>, with their options
/// ("scratch,shared=off"); "mio=off" behind one says that the machine gives it no MIO addresses. Immutable.
/// </summary>
/// <param name="Host">The host.</param>
/// <param name="Function">The function's name, and the options that are given.</param>
/// <param name="ReportsMio">Whether the machine gives it MIO addresses; null for the machine's usual way.</param>
public sealed record ZpciFunctionAddress(ZpciHostDescription Host, string Function, bool? ReportsMio = null)
{
    private const string WithoutMio = ",mio=off";

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
        var name = text[(slash + 1)..];
        var hasMio = !name.EndsWith(WithoutMio, StringComparison.Ordinal);
        if (!hasMio)
            name = name[..^WithoutMio.Length];
        if (!FunctionNames.Contains(NameOf(name)))
        {
            reason = $"'{NameOf(name)}' is no function that can be modelled; there are {string.Join(", ", FunctionNames)}, each with ,mio=off behind it or without.";
            return false;
        }

        if (!StockFunctions.TryParse(name, out _, out reason))
            return false;

        address = new ZpciFunctionAddress(host, name, hasMio ? null : false);
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
        });
    }

    /// <summary>The address as <see cref="Parse"/> reads it.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Host}/{Function}{(ReportsMio == false ? WithoutMio : string.Empty)}";

    private static string NameOf(string function) => function.Split(',')[0];
}
