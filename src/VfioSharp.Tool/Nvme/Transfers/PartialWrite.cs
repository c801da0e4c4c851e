namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>What is said of a write that did not get to its end.</summary>
internal static class PartialWrite
{
    /// <summary>The failure with what had been written before it.</summary>
    public static VfioException Explain(NamespaceWriter writer, Exception failure) =>
        new("finish the write", null, Errno.None, $"{failure.Message} {Describe(writer)}", failure);

    /// <summary>What had been written, as a sentence.</summary>
    public static string Describe(NamespaceWriter writer)
    {
        var (written, begun, range) = (writer.WrittenInBytes, writer.BegunInBytes, writer.Range);
        if (begun == 0)
            return "Nothing was written.";
        var last = written == 0 ? 0 : (range with { LengthInBytes = written }).LastLba;
        var sure = written == 0
            ? "No byte is known to be written"
            : FormattableString.Invariant($"{written} bytes were written (LBA {range.FirstLba} to {last})");
        return begun == written ? sure + "." : FormattableString.Invariant($"{sure}; of the {begun - written} behind them some may be.");
    }
}
