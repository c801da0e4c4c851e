using VfioSharp.Nvme;
using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>Asks before data is written over.</summary>
internal static class OverwriteQuestion
{
    /// <summary>Goes on where the namespace holds no data, or where a person says that it may be written.</summary>
    /// <param name="host">Where the question is asked.</param>
    /// <param name="controller">The controller.</param>
    /// <param name="range">What is to be written.</param>
    /// <param name="canAsk">Whether standard input is free for an answer.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="VfioException">It holds data, and nobody could be asked or the answer was not yes.</exception>
    public static async Task AskAsync(ToolHost host, NvmeController controller, BlockRange range, bool canAsk, CancellationToken cancellation)
    {
        if (await PresentData.FindAsync(controller, range, cancellation) is not { } lba)
            return;
        var space = range.Namespace;
        if (!canAsk || host.IsInputRedirected)
        {
            throw Refuse(space, FormattableString.Invariant(
                $"it holds data, at LBA {lba} for one, and there is no terminal to ask at; --force says that it may be lost."));
        }

        var size = Sizes.Spell((ulong)space.SizeInBytes);
        host.Error.Write($"{controller.Device.Address} ({controller.Identity.ModelNumber}): ");
        host.Error.Write(FormattableString.Invariant($"namespace {space.Id} ({size}) holds data, at LBA {lba} for one. "));
        host.Error.Write(FormattableString.Invariant($"Write LBA {range.FirstLba} to {range.LastLba}? [y/N] "));
        host.Error.Flush();
        if (await ReadAnswerAsync(host, cancellation) is not ("y" or "Y" or "yes"))
            throw Refuse(space, "the answer was not yes; nothing was written.");
    }

    private static VfioException Refuse(NvmeNamespace space, string why) =>
        new(FormattableString.Invariant($"write over namespace {space.Id}"), space.Controller.Device.Address.ToString(), Errno.None, why);

    // The console's ReadLine cannot be interrupted; the thread that waits in it ends with the process.
    private static async Task<string?> ReadAnswerAsync(ToolHost host, CancellationToken cancellation)
    {
        var answer = Task.Run(host.Input.ReadLine, CancellationToken.None);
        var cancelled = new TaskCompletionSource<bool>();
        using var registration = cancellation.Register(() => cancelled.TrySetResult(true));
        await Task.WhenAny(answer, cancelled.Task);
        cancellation.ThrowIfCancellationRequested();
        return (await answer)?.Trim();
    }
}
