namespace VfioSharp.Emulation.Functions;

/// <summary>A function that comes with the library, by the name that people write. Immutable, safe for use by several threads.</summary>
public sealed class StockFunction
{
    private readonly Func<StockFunctionSettings, Func<PciFunction>> _prepare;

    internal StockFunction(string name, string description, IReadOnlyList<StockFunctionOption> options, Func<StockFunctionSettings, Func<PciFunction>> prepare)
    {
        Name = name;
        Description = description;
        Options = options;
        _prepare = prepare;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is, in one line.</summary>
    public string Description { get; }

    /// <summary>What can be said of it.</summary>
    public IReadOnlyList<StockFunctionOption> Options { get; }

    /// <summary>Makes one after power-on.</summary>
    /// <param name="options">Values of <see cref="Options"/> by their names; the others have their defaults.</param>
    /// <returns>The function, which the caller owns.</returns>
    /// <exception cref="FormatException">There is no such option, or it has no such value; the message says what there is.</exception>
    /// <exception cref="VfioException">There is no memory for its shared areas.</exception>
    public PciFunction Create(IReadOnlyDictionary<string, string>? options = null) => Prepare(options)();

    /// <summary>Looks at the options and says how a function with them is made.</summary>
    /// <exception cref="FormatException">There is no such option, or it has no such value.</exception>
    internal Func<PciFunction> Prepare(IReadOnlyDictionary<string, string>? options) => _prepare(new StockFunctionSettings(this, options));
}

/// <summary>An option of a stock function. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">Which values there are, for a person: "on|off".</param>
/// <param name="Default">The value where none is given.</param>
/// <param name="Description">What it does, in one line.</param>
public sealed record StockFunctionOption(string Name, string Values, string Default, string Description);
