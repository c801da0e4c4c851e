using Spectre.Console;

namespace VfioSharp.Tool.Reports;

/// <summary>How reports look: ruled tables on a terminal, bare columns in a pipe. Cells are text, never markup: they come from outside.</summary>
internal static class Layout
{
    private const int NameWidth = 9;

    private static readonly Style Bold = new(decoration: Decoration.Bold);

    public static Table CreateTable(IAnsiConsole console, params ReadOnlySpan<string> headings)
    {
        var table = new Table { Border = console.Profile.Capabilities.Unicode ? TableBorder.Simple : TableBorder.None };
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(new Text(heading, Bold)));
        return table;
    }

    /// <summary>Keeps the cells of columns on one line, however narrow the console is; the others take the room that is left.</summary>
    public static void KeepTogether(Table table, params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
            table.Columns[column].NoWrap = true;
    }

    public static void AddRow(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new Text[cells.Length];
        for (var index = 0; index < cells.Length; index++)
            row[index] = new Text(cells[index]);
        table.AddRow(row);
    }

    /// <summary>A heading between parts of a report.</summary>
    public static void WriteHeading(IAnsiConsole console, string heading)
    {
        console.WriteLine();
        console.Write(new Text(heading, Bold));
        console.WriteLine();
    }

    /// <summary>A line of text, wrapped where it is too long.</summary>
    public static void WriteLine(IAnsiConsole console, string text)
    {
        console.Write(new Text(text));
        console.WriteLine();
    }

    /// <summary>A named value on a line; a value that is too long goes on below itself.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <param name="nameWidth">How many characters names have room for; the same for all that stand below one another.</param>
    public static void WriteField(IAnsiConsole console, string name, string value, int nameWidth = NameWidth)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn { NoWrap = true, Width = nameWidth, Padding = new Padding(0, 0, 1, 0) });
        grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 0, 0) });
        grid.AddRow(new Text(name), new Text(value));
        console.Write(grid);
    }

    /// <summary>A paragraph that belongs to the field above it.</summary>
    public static void WriteParagraph(IAnsiConsole console, string text) => WriteField(console, string.Empty, text);
}
