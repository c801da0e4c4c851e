using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Arguments;

/// <summary>Arguments and options that say which register, how wide and by which path.</summary>
internal static class RegisterArguments
{
    public static Argument<int> Region() => new("REGION")
    {
        Description = "bar0 to bar5, rom, config, vga, or the number of a region",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (RegionNames.TryParse(text, out var index))
                return index;
            result.AddError($"'{text}' is not a region: write bar0 to bar5, rom, config, vga, or a number.");
            return -1;
        },
    };

    public static Argument<ulong> Number(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = ParseNumber,
    };

    public static Option<ulong?> NumberOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ParseNumber(result),
    };

    /// <summary>The width of an access in bits.</summary>
    public static Option<int> Width() => new("--width")
    {
        Description = "The width of an access in bits ",
        HelpName = "8|16|32|64",
        DefaultValueFactory = _ => 32,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var width) && width is 8 or 16 or 32 or 64)
                return width;
            result.AddError($"--width is 8, 16, 32 or 64, not '{text}'.");
            return 32;
        },
    };

    public static Option<AccessPath?> Path() => new("--path")
    {
        Description = "The path to take, instead of the fastest one",
        HelpName = "PATH",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            foreach (var path in PathNames.All)
            {
                if (path.ToString().Equals(text, StringComparison.OrdinalIgnoreCase))
                    return path;
            }

            result.AddError($"'{text}' is not a path: write one of {string.Join(", ", PathNames.All)}.");
            return null;
        },
    };

    /// <summary>Checks that accesses from an offset on are aligned to their width.</summary>
    /// <exception cref="CommandLineException">They are not.</exception>
    public static void RequireAligned(ulong offset, int widthInBits)
    {
        var unit = widthInBits / 8;
        if (offset % (ulong)unit != 0)
            throw new CommandLineException(string.Create(CultureInfo.InvariantCulture, $"An access of {widthInBits} bits at 0x{offset:x} is not aligned: its offset must be a multiple of {unit}."));
    }

    /// <summary>Checks that a value can be written with a width.</summary>
    /// <exception cref="CommandLineException">It needs more bits.</exception>
    public static void RequireFits(ulong value, int widthInBits)
    {
        if (widthInBits < 64 && value >> widthInBits != 0)
            throw new CommandLineException(string.Create(CultureInfo.InvariantCulture, $"The value 0x{value:x} does not fit {widthInBits} bits."));
    }

    private static ulong ParseNumber(ArgumentResult result)
    {
        if (NumberText.TryParse(result.Tokens[0].Value, out var value))
            return value;
        result.AddError($"'{result.Tokens[0].Value}' is not a number: write decimal digits, or 0x and hexadecimal digits, up to 64 bits.");
        return 0;
    }
}
