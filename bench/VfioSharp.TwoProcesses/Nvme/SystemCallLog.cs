using System.Globalization;
using System.Text.RegularExpressions;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// What a process did to one file, as strace(1) wrote it down with -f -ttt -T -y: writes with their place, and the calls that make them last. Times are seconds of
/// the wall clock; the first is before the kernel begins, the second after it has ended and before the process goes on.
/// </summary>
internal sealed partial class SystemCallLog
{
    /// <summary>What strace is to record.</summary>
    public const string Calls = "pwrite64,pwritev,pwritev2,fdatasync,fsync,fallocate";

    private SystemCallLog()
    {
    }

    public List<FileWrite> Writes { get; } = [];

    public List<FileSync> Syncs { get; } = [];

    /// <summary>Reads the record.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="file">Which file's calls to take.</param>
    /// <exception cref="MeasurementException">A line of such a call is none that is understood.</exception>
    public static SystemCallLog Read(IEnumerable<string> lines, string file)
    {
        var log = new SystemCallLog();
        var unfinished = new Dictionary<string, (double Begin, string Text)>();
        foreach (var line in lines)
        {
            if (Line().Match(line) is not { Success: true } match)
                continue;
            var thread = match.Groups["thread"].Value;
            var begin = double.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture);
            var text = match.Groups["text"].Value;
            if (text.EndsWith(UnfinishedMark, StringComparison.Ordinal))
            {
                unfinished[thread] = (begin, text[..^UnfinishedMark.Length]);
                continue;
            }

            if (Resumed().Match(text) is { Success: true } resumed && unfinished.Remove(thread, out var start))
                (begin, text) = (start.Begin, start.Text + text[resumed.Length..]);
            if (text.Contains($"<{file}>", StringComparison.Ordinal))
                log.Add(begin, text);
        }

        return log;
    }

    private const string UnfinishedMark = " <unfinished ...>";

    private void Add(double begin, string text)
    {
        var call = Call().Match(text);
        if (!call.Success)
            throw new MeasurementException($"strace wrote what is not understood: {text}");
        var result = long.Parse(call.Groups["result"].Value, CultureInfo.InvariantCulture);
        if (result < 0)
            return;
        var end = begin + double.Parse(call.Groups["spent"].Value, CultureInfo.InvariantCulture);
        var name = call.Groups["name"].Value;
        if (name.EndsWith("sync", StringComparison.Ordinal))
        {
            Syncs.Add(new FileSync(begin, end));
            return;
        }

        // pwritev2 has its flags behind the offset; fallocate's last two are offset and length.
        var arguments = call.Groups["arguments"].Value.Split(", ");
        if (name == "fallocate")
            Writes.Add(new FileWrite(begin, end, Number(arguments[^2]), Number(arguments[^1]), IsForced: false));
        else if (name == "pwritev2")
            Writes.Add(new FileWrite(begin, end, Number(arguments[^2]), result, arguments[^1].Contains("SYNC", StringComparison.Ordinal)));
        else
            Writes.Add(new FileWrite(begin, end, Number(arguments[^1]), result, IsForced: false));
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<thread>\d+) +(?<time>\d+\.\d+) (?<text>.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(?<name>\w+)\((?<arguments>.*)\) += (?<result>-?\d+)(?: .*)? <(?<spent>\d+\.\d+)>$")]
    private static partial Regex Call();
}

/// <summary>A write that the kernel took; one that is forced (RWF_DSYNC) lies on the disk when it has ended.</summary>
internal readonly record struct FileWrite(double Begin, double End, long Offset, long LengthInBytes, bool IsForced);

/// <summary>A call that ended when what was written before it lay on the disk.</summary>
internal readonly record struct FileSync(double Begin, double End);
