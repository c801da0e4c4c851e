using System.CommandLine;
using System.Globalization;
using VfioSharp.Regions;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports.Registers;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio dump`.</summary>
internal static class DumpVerb
{
    private const ulong DefaultLengthInBytes = 4096;
    private const int BlockLengthInBytes = 4096;

    private delegate void ByteSink(ReadOnlySpan<byte> bytes);

    public static Command Create(ToolHost host)
    {
        var opening = new DeviceOpening(host);
        var region = RegisterArguments.Region();
        var offset = RegisterArguments.NumberOption("--offset", "Where to begin, in bytes (default 0)");
        var length = RegisterArguments.NumberOption("--length", "How many bytes (default: to the region's end, at most 4096)");
        var width = RegisterArguments.Width();
        var path = RegisterArguments.Path();
        var output = new Option<string?>("--output") { Description = "Write the bytes themselves to a file", HelpName = "FILE" };
        var verb = new VerbCommand("dump", "Print a part of a region in hexadecimal", $"""
            Reads in ascending order, each access of exactly the given width, and prints as `hexdump -C` does; bytes
            come in memory order. Reading may change a device: some registers clear themselves. An access that does
            not reach the device ends the command, and a new file that was begun is removed.

            {DeviceOpening.Manual}

            Examples:
              vfio dump 0000:01:00.0 config
              vfio dump 0000:01:00.0 bar0 --offset 0x1000 --length 64
              vfio dump 0000:01:00.0 rom --length 65536 --output option-rom.bin
            """);
        opening.AddArgumentTo(verb);
        verb.Add(region);
        verb.Add(offset);
        verb.Add(length);
        verb.Add(width);
        verb.Add(path);
        verb.Add(output);
        opening.AddOptionsTo(verb);
        verb.SetVerb((parsed, cancellation) =>
        {
            var (first, unit) = (parsed.GetValue(offset) ?? 0, parsed.GetValue(width) / 8);
            RegisterArguments.RequireAligned(first, unit * 8);
            if (parsed.GetValue(length) is { } asked && (asked == 0 || asked % (ulong)unit != 0))
                throw new CommandLineException(string.Create(CultureInfo.InvariantCulture, $"--length must be a multiple of the width, {unit} bytes, and not 0."));

            using var device = opening.Open(parsed);
            var target = RegisterWindow.Require(device, parsed.GetValue(region));
            var rest = first < target.SizeInBytes ? target.SizeInBytes - first : 0;
            var count = parsed.GetValue(length) ?? Math.Max((ulong)unit, Math.Min(rest - rest % (ulong)unit, DefaultLengthInBytes));
            using var window = RegisterWindow.Open(device, target, first, count, parsed.GetValue(path));
            if (parsed.GetValue(output) is { } file)
            {
                OutputFile.Write(file, stream => ReadAll(window, unit, stream.Write, cancellation));
                return;
            }

            var dump = new HexDump(host.Output, first);
            ReadAll(window, unit, bytes => dump.Write(bytes), cancellation);
            dump.Complete();
        });
        return verb;
    }

    private static void ReadAll(RegionWindow window, int unit, ByteSink sink, CancellationToken cancellation)
    {
        var block = new byte[BlockLengthInBytes];
        for (ulong position = 0; position < window.LengthInBytes;)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = block.AsSpan(0, (int)Math.Min(BlockLengthInBytes, window.LengthInBytes - position));
            window.ReadBlock(position, piece, unit);
            sink(piece);
            position += (ulong)piece.Length;
        }
    }
}
