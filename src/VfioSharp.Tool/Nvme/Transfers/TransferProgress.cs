using Spectre.Console;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>A bar on standard error while a long transfer is under way, where that is a terminal.</summary>
internal static class TransferProgress
{
    // What takes less time than it takes to look.
    private const ulong ShortestInBytes = 8 << 20;

    /// <summary>Runs a transfer.</summary>
    /// <param name="host">Where the bar goes.</param>
    /// <param name="name">What is done.</param>
    /// <param name="lengthInBytes">How much; null where that is not known before its end.</param>
    /// <param name="transfer">The transfer, which reports how many bytes it has moved.</param>
    public static Task RunAsync(ToolHost host, string name, ulong? lengthInBytes, Func<Action<ulong>, Task> transfer)
    {
        if (host.IsErrorRedirected || lengthInBytes < ShortestInBytes)
            return transfer(static _ => { });
        return host.CreateErrorConsole().Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var bar = context.AddTask(Markup.Escape(name), maxValue: Math.Max(1, lengthInBytes ?? 1));
                bar.IsIndeterminate = lengthInBytes is null;
                return transfer(moved => bar.Value = moved);
            });
    }
}
