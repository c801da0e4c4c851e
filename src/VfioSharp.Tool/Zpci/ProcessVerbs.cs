using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Tool.Zpci;

/// <summary>Steps of a process on a modelled host.</summary>
internal static class ProcessVerbs
{
    private const string Target = "an address";
    private const string Length = "a length";

    // A transfer of more than a page is refused by both system calls; the files take no more than this in one step either.
    private const ulong LongestTransfer = 1 << 20;

    public static readonly IReadOnlyList<ScriptVerb> All =
    [
        Verb(
            "mmap",
            "REGION|resourceN [OFFSET LENGTH] [rw|r|w|none] [private] [populate], or mmap memory LENGTH [...]",
            "map a region, a file in sysfs, a part of them, or memory",
            ReadMap),
        Verb("munmap", "ADDRESS LENGTH", "take a mapping away", words =>
        {
            var (address, length) = (words.TakeAddress(Target), words.TakeNumber(Length));
            return On(address, player => player.Unmap(address, length));
        }),
        Verb("mprotect", "ADDRESS LENGTH rw|r|w|none", "change what a mapping allows", words =>
        {
            var (address, length, protection) = (words.TakeAddress(Target), words.TakeNumber(Length), TakeProtection(words));
            return On(address, player => player.Protect(address, length, protection));
        }),
        Verb("read", "ADDRESS LENGTH [into ADDRESS]", "s390_pci_mmio_read, into the program's buffer or to an address", words =>
        {
            var (address, length) = (words.TakeAddress(Target), words.TakeNumber(Length));
            StepAddress? buffer = words.TakeIf("into") ? words.TakeAddress(Target) : null;
            return On(address, buffer, player => player.MmioRead(address, length, buffer));
        }),
        Verb("write", "ADDRESS BYTES, or write ADDRESS from ADDRESS LENGTH", "s390_pci_mmio_write of bytes, or from an address", ReadWrite),
        Verb("pcilgi", "ADDRESS LENGTH", "the MIO instruction that loads", words =>
        {
            var (address, length) = (words.TakeAddress(Target), words.TakeNumber(Length));
            return On(address, player => player.MioLoad(address, length));
        }),
        Verb("pcistgi", "ADDRESS LENGTH VALUE", "the MIO instruction that stores; VALUE is what is in the register, big-endian", words =>
        {
            var (address, length, value) = (words.TakeAddress(Target), words.TakeNumber(Length), words.TakeNumber("a value"));
            return On(address, player => player.MioStore(address, length, value));
        }),
        Verb("pcistbi", "ADDRESS BYTES", "the MIO instruction that stores a block", words =>
        {
            var (address, bytes) = (words.TakeAddress(Target), words.TakeBytes("the bytes of a block", UserAddressSpace.PageSize));
            return On(address, player => player.MioStoreBlock(address, bytes));
        }),
        Verb("pciwb", "", "the MIO instruction that flushes stores", _ => player => player.MioBarrier()),
        Verb("load", "ADDRESS 1|2|4|8", "an ordinary load", words =>
        {
            var (address, length) = (words.TakeAddress(Target), TakeUnit(words));
            return On(address, player => player.PlainLoad(address, length));
        }),
        Verb("store", "ADDRESS 1|2|4|8 VALUE", "an ordinary store", words =>
        {
            var (address, length, value) = (words.TakeAddress(Target), TakeUnit(words), words.TakeNumber("a value"));
            return On(address, player => player.PlainStore(address, length, value));
        }),
        Verb("pread", "REGION OFFSET LENGTH", "read the device's file", words =>
        {
            var (region, offset, length) = (words.TakeRegion(), words.TakeNumber("an offset"), words.TakeNumber(Length, LongestTransfer));
            return player => player.ReadFile(region, offset, length);
        }),
        Verb("pwrite", "REGION OFFSET BYTES", "write the device's file", words =>
        {
            var (region, offset, bytes) = (words.TakeRegion(), words.TakeNumber("an offset"), words.TakeBytes("bytes", (int)LongestTransfer));
            return player => player.WriteFile(region, offset, bytes);
        }),
        Verb("region", "REGION", "VFIO_DEVICE_GET_REGION_INFO", words =>
        {
            var region = words.TakeRegion();
            return player => player.DescribeRegion(region);
        }),
        Verb("low-power", "on|off", "VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, _EXIT", words =>
        {
            var isOn = words.TakeOneOf("on or off", "on", "off") == "on";
            return player => player.SetLowPower(isOn);
        }),
        Verb("fail", "REGION OFFSET cc1|cc2|cc3|operand|addressing", "make a register's eight bytes fail so when a MIO address leads there", ReadFailure),
        Verb("function", "error|remove", "let the function go into the error state, or vanish", words =>
        {
            var isRemoved = words.TakeOneOf("error or remove", "error", "remove") == "remove";
            return player => player.Spoil(isRemoved);
        }),
        Verb("dma.map", "IOVA LENGTH", "VFIO_IOMMU_MAP_DMA of memory of the program", words =>
        {
            var (iova, length) = (words.TakeNumber("an IOVA"), words.TakeNumber(Length, LongestTransfer));
            return player => player.MapDma(iova, length);
        }),
        Verb("log", "", "the kernel's messages since this was last asked", _ => player => player.ShowLog()),
    ];

    private static ScriptVerb Verb(string name, string usage, string meaning, Func<StepWords, Func<ProcessPlayer, StepResult>> read) =>
        new(name, usage, meaning, words =>
        {
            var play = read(words);
            return target =>
            {
                try
                {
                    return play(((ModelTarget)target).Process);
                }
                catch (VfioException refusal)
                {
                    return StepResult.OfRefusal(refusal);
                }
            };
        });

    // A step on something that an earlier step failed to make is not played.
    private static Func<ProcessPlayer, StepResult> On(StepAddress address, Func<ProcessPlayer, StepResult> play) => On(address, null, play);

    private static Func<ProcessPlayer, StepResult> On(StepAddress address, StepAddress? second, Func<ProcessPlayer, StepResult> play) => player =>
        player.Lacks(address) ? Skipped(address) : second is { } other && player.Lacks(other) ? Skipped(other) : play(player);

    private static StepResult Skipped(StepAddress address) => StepResult.Skipped($"there is no {address.Name}");

    private static Func<ProcessPlayer, StepResult> ReadMap(StepWords words)
    {
        var name = words.TakeName();
        var what = words.Take("what to map");
        var (offset, length) = what == "memory" ? (0ul, words.TakeNumber(Length))
            : words.NextIsNumber ? (words.TakeNumber("an offset"), words.TakeNumber(Length))
            : (0ul, (ulong?)null);
        var protection = words.HasMore && !words.NextIs("private") && !words.NextIs("populate") ? TakeProtection(words) : Protection.Read | Protection.Write;
        var flags = words.TakeIf("private") ? MapFlags.Private : MapFlags.Shared;
        if (words.TakeIf("populate"))
            flags |= MapFlags.Populate;
        if (what == "memory")
            return player => player.MapMemory(name, length!.Value, protection);
        if (what.StartsWith("resource", StringComparison.Ordinal))
            return player => player.MapResource(name, what, offset, length, protection, flags);
        return RegionNames.TryParse(what, out var region)
            ? player => player.MapRegion(name, region, offset, length, protection, flags)
            : throw words.Wrong($"'{what}' cannot be mapped: write a region, a file such as resource0, or memory");
    }

    private static Func<ProcessPlayer, StepResult> ReadWrite(StepWords words)
    {
        var address = words.TakeAddress(Target);
        if (!words.TakeIf("from"))
        {
            var bytes = words.TakeBytes("bytes", 2 * UserAddressSpace.PageSize);
            return On(address, player => player.MmioWrite(address, bytes));
        }

        var (buffer, length) = (words.TakeAddress(Target), words.TakeNumber(Length));
        return On(address, buffer, player => player.MmioWriteFrom(address, buffer, length));
    }

    private static Func<ProcessPlayer, StepResult> ReadFailure(StepWords words)
    {
        var (region, offset) = (words.TakeRegion(), words.TakeNumber("an offset"));
        var outcome = words.TakeOneOf("a failure", "cc1", "cc2", "cc3", "operand", "addressing") switch
        {
            "cc1" => PciOutcome.Error(PciOutcome.Blocked),
            "cc2" => PciOutcome.Busy,
            "cc3" => PciOutcome.InvalidHandle,
            "operand" => PciOutcome.Interrupted(ProgramException.Operand),
            _ => PciOutcome.Interrupted(ProgramException.Addressing),
        };
        return player => player.Inject(region, offset, outcome);
    }

    private static Protection TakeProtection(StepWords words) => words.TakeOneOf("a protection", "rw", "r", "w", "none") switch
    {
        "rw" => Protection.Read | Protection.Write,
        "r" => Protection.Read,
        "w" => Protection.Write,
        _ => Protection.None,
    };

    private static int TakeUnit(StepWords words) => words.TakeOneOf("a width in bytes", "1", "2", "4", "8")[0] - '0';
}
