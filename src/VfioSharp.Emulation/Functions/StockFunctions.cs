using System.Diagnostics.CodeAnalysis;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// The functions that come with the library, by name, with options: "scratch", "scratch,shared=off", "nvme,image=disk.img,block=4096". All members
/// may be used from any thread.
/// </summary>
public static class StockFunctions
{
    private static readonly StockFunctionOption ScratchShared =
        new("shared", "on|off", "on", "whether 8 KiB of BAR 0 are shared memory; off, every access is trapped, and QEMU posts its writes");

    private static readonly StockFunctionOption EduMsix =
        new("msix", "on|off", "on", "whether it has MSI-X in BAR 4 beside the MSI of QEMU's device; guests on IBM Z need it");

    private static readonly StockFunctionOption EduDmaMask =
        new("dma_mask", "HEX", $"0x{EduFunction.DefaultDmaMask:x}", "the bits of an address that its DMA reaches");

    private static readonly StockFunctionOption IsmId =
        new("id", "HEX", $"{IsmFunction.DefaultDeviceId:x4}", "the device id; Linux takes 04ed alone for an ISM device");

    private static readonly StockFunctionOption IsmGid =
        new("gid", "HEX", $"0x{IsmFunction.DefaultGid:x}", "its global identifier");

    private static readonly StockFunctionOption IsmStores =
        new(
            "stores", "blocks|words|reversed", "blocks",
            "how block stores arrive: whole, as writes of 8 bytes, or as such with their bytes reversed (QEMU 11.1's PCI Store Block)");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<StockFunction> All { get; } =
    [
        new("nvme", "an NVMe controller with the identity and the registers of QEMU's, 1b36:0010", StockNvme.Options, StockNvme.Prepare),
        new("nic", "a NIC's doorbell pages and completion ring without a wire, 1af4:10f1", [], _ => () => new DoorbellNicFunction()),
        new("ism", "IBM's Internal Shared Memory device with a BAR of 256 TiB, looped back, 1014:04ed", [IsmId, IsmGid, IsmStores], PrepareIsm),
        new("scratch", "memory that counts its accesses by width, shared memory, interrupts and a DMA engine, 1af4:10f0", [ScratchShared], PrepareScratch),
        new("edu", "QEMU's educational device, 1234:11e8", [EduMsix, EduDmaMask], PrepareEdu),
    ];

    /// <summary>The function of a name.</summary>
    /// <param name="name">The name, without options.</param>
    /// <returns>The function, or null where there is none of that name.</returns>
    public static StockFunction? Find(string name) => All.FirstOrDefault(function => function.Name == name);

    /// <summary>Makes a function from what a person wrote: NAME[,OPTION=VALUE]...</summary>
    /// <param name="text">The text.</param>
    /// <returns>The function after power-on, which the caller owns.</returns>
    /// <exception cref="FormatException">There is no such function or option; the message says what there is.</exception>
    /// <exception cref="VfioException">There is no memory for its shared areas.</exception>
    public static PciFunction Create(string text) =>
        TryParse(text, out var make, out var reason) ? make() : throw new FormatException(reason);

    /// <summary>Reads NAME[,OPTION=VALUE]... without making the function.</summary>
    /// <param name="text">The text.</param>
    /// <param name="make">
    /// Makes one after power-on each time that it is called, which the caller owns; it throws where there is no memory for it.
    /// </param>
    /// <param name="reason">One sentence on what is wrong where something is.</param>
    /// <returns>Whether the text names a function, with options and values that it has, each given once.</returns>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out Func<PciFunction>? make, [NotNullWhen(false)] out string? reason)
    {
        make = null;
        var parts = (text ?? string.Empty).Split(',');
        if (Find(parts[0]) is not { } function)
        {
            reason = $"'{parts[0]}' is no function; there are {string.Join(", ", All.Select(stock => stock.Name))}.";
            return false;
        }

        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts.AsSpan(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !given.TryAdd(part[..equals], part[(equals + 1)..]))
            {
                reason = equals <= 0 ? $"'{part}' is no option: write NAME=VALUE." : $"The option {part[..equals]} is given twice.";
                return false;
            }
        }

        try
        {
            make = function.Prepare(given);
            reason = null;
            return true;
        }
        catch (FormatException mistake)
        {
            reason = mistake.Message;
            return false;
        }
    }

    private static Func<PciFunction> PrepareScratch(StockFunctionSettings settings)
    {
        var isShared = settings.IsOn(ScratchShared.Name);
        return () => new ScratchFunction(isShared);
    }

    private static Func<PciFunction> PrepareEdu(StockFunctionSettings settings)
    {
        var withMsix = settings.IsOn(EduMsix.Name);
        var dmaMask = settings.Hexadecimal(EduDmaMask.Name, ulong.MaxValue);
        return () => new EduFunction(withMsix, dmaMask);
    }

    private static Func<PciFunction> PrepareIsm(StockFunctionSettings settings)
    {
        var gid = settings.Hexadecimal(IsmGid.Name, ulong.MaxValue);
        var id = (ushort)settings.Hexadecimal(IsmId.Name, ushort.MaxValue);
        var form = settings.OneOf(
            IsmStores.Name, ("blocks", IsmStoreForm.Block), ("words", IsmStoreForm.EightBytes), ("reversed", IsmStoreForm.ReversedEightBytes));
        return () => new IsmFunction(gid, id, form);
    }
}
