using VfioSharp.Regions;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Scripts;

/// <summary>Steps that the library plays, on any device.</summary>
internal static class DeviceVerbs
{
    // The architecture's limit; a function may take less.
    private const int LongestBlockInBytes = 4096;

    public static readonly IReadOnlyList<ScriptVerb> All =
    [
        Verb(
            "window",
            "REGION [OFFSET LENGTH] [by PATH] [quiet]",
            "open a window on a region, or a part of it; tells the path; when quiet, what fails reads all ones",
            ReadWindow),
        Verb("window.read", "REGION OFFSET WIDTH", "read a register through the region's window, which is opened where there is none", words =>
        {
            var (region, offset, width) = (words.TakeRegion(), words.TakeNumber("an offset"), words.TakeWidth());
            return player => player.Read(region, offset, width);
        }),
        Verb("window.write", "REGION OFFSET WIDTH VALUE", "write a register", words =>
        {
            var (region, offset, width) = (words.TakeRegion(), words.TakeNumber("an offset"), words.TakeWidth());
            var value = words.TakeNumber("a value", ulong.MaxValue >> (64 - width));
            return player => player.Write(region, offset, width, value);
        }),
        Verb("window.block", "REGION OFFSET BYTES", "store a block by one access, as IBM Z can", words =>
        {
            var (region, offset, bytes) = (words.TakeRegion(), words.TakeNumber("an offset"), words.TakeBytes("the bytes of a block", LongestBlockInBytes));
            return player => player.StoreBlock(region, offset, bytes);
        }),
        Verb("window.registers", "REGION OFFSET WIDTH COUNT", "read registers one after the other, as bytes in the order of their addresses", words =>
        {
            var (region, offset, width) = (words.TakeRegion(), words.TakeNumber("an offset"), words.TakeWidth());
            var count = (int)words.TakeNumber("a count", (ulong)(StepResult.MostBytesShown * 8 / width));
            return player => player.ReadRegisters(region, offset, width, count);
        }),
        Verb("window.flush", "REGION", "let the writes before it go out, by PCIWB where writes may be combined", words =>
        {
            var region = words.TakeRegion();
            return player => player.FlushWrites(region);
        }),
        Verb("window.faults", "REGION", "how many accesses of the region's window failed", words =>
        {
            var region = words.TakeRegion();
            return player => player.CountFaults(region);
        }),
        Verb("config.read", "OFFSET WIDTH", "read configuration space", words =>
        {
            var (offset, width) = TakeConfigRegister(words);
            return player => player.ReadConfig(offset, width);
        }),
        Verb("config.write", "OFFSET WIDTH VALUE", "write configuration space", words =>
        {
            var (offset, width) = TakeConfigRegister(words);
            var value = (uint)words.TakeNumber("a value", ulong.MaxValue >> (64 - width));
            return player => player.WriteConfig(offset, width, value);
        }),
        Verb("decode", "on|off", "let the function answer accesses to its BARs, or not (command register, bit 1)", words =>
        {
            var isOn = words.TakeOneOf("on or off", "on", "off") == "on";
            return player => player.Decode(isOn);
        }),
        Verb("reset", "", "VFIO_DEVICE_RESET", _ => player => player.Reset()),
    ];

    private static ScriptVerb Verb(string name, string usage, string meaning, Func<StepWords, Func<DevicePlayer, StepResult>> read) =>
        new(name, usage, meaning, words =>
        {
            var play = read(words);
            return target => play(target.Device);
        });

    private static Func<DevicePlayer, StepResult> ReadWindow(StepWords words)
    {
        var region = words.TakeRegion();
        var options = new WindowOptions { OnFault = OnFault.Throw };
        if (words.HasMore && !words.NextIs("by") && !words.NextIs("quiet"))
            options = options with { Offset = words.TakeNumber("an offset"), LengthInBytes = words.TakeNumber("a length") };
        if (words.TakeIf("by"))
        {
            var name = words.TakeOneOf("a path", [.. PathNames.All.Select(path => path.ToString())]);
            options = options with { Path = PathNames.All.First(path => path.ToString() == name) };
        }

        if (words.TakeIf("quiet"))
            options = options with { OnFault = OnFault.AllOnes };
        return player => player.OpenWindow(region, options);
    }

    private static (int Offset, int WidthInBits) TakeConfigRegister(StepWords words)
    {
        var offset = (int)words.TakeNumber("an offset", 4095);
        var width = words.TakeWidth();
        return width <= 32 ? (offset, width) : throw words.Wrong("a register of configuration space is 8, 16 or 32 bits wide");
    }
}
