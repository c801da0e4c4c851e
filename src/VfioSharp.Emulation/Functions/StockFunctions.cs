using System.Diagnostics.CodeAnalysis;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// The functions that come with the library, by name, with options: "scratch", "scratch,shared=off", "ism,id=04ee,stores=reversed". All members may be
/// used from any thread.
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
        new("stores", "blocks|words|reversed", "blocks", "how block stores arrive: whole, as writes of 8 bytes, or as such with their bytes reversed (QEMU 11.1's PCI Store Block)");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<StockFunction> All { get; } =
    [
        new("nvme", "the registers of an NVMe controller, 1b36:0010; it executes no commands", [], _ => new NvmeRegisterFunction()),
        new("nic", "a NIC's doorbell pages and completion ring without a wire, 1af4:10f1", [], _ => new DoorbellNicFunction()),
        new(
            "scratch", "memory that counts its accesses by width, shared memory, interrupts and a DMA engine, 1af4:10f0", [ScratchShared],
            settings => new ScratchFunction(settings.IsOn(ScratchShared.Name))),
        new(
            "edu", "QEMU's educational device, 1234:11e8", [EduMsix, EduDmaMask],
            settings => new EduFunction(settings.IsOn(EduMsix.Name), settings.Hexadecimal(EduDmaMask.Name, ulong.MaxValue))),
        new("ism", "IBM's Internal Shared Memory device with a BAR of 256 TiB, looped back, 1014:04ed", [IsmId, IsmGid, IsmStores], MakeIsm),
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
        TryParse(text, out var function, out var options, out var reason) ? function.Create(options) : throw new FormatException(reason);

    /// <summary>Reads NAME[,OPTION=VALUE]... without making the function; whether it has such options and values is looked at when it is made.</summary>
    /// <param name="text">The text.</param>
    /// <param name="function">The function of that name.</param>
    /// <param name="options">The options that were given.</param>
    /// <param name="reason">One sentence on what is wrong where something is.</param>
    /// <returns>Whether the text names a function and what follows has the form of options, each given once.</returns>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out StockFunction? function,
        [NotNullWhen(true)] out IReadOnlyDictionary<string, string>? options,
        [NotNullWhen(false)] out string? reason)
    {
        options = null;
        var parts = (text ?? string.Empty).Split(',');
        function = Find(parts[0]);
        if (function is null)
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
                function = null;
                return false;
            }
        }

        reason = null;
        options = given;
        return true;
    }

    private static IsmFunction MakeIsm(StockFunctionSettings settings) => new(
        settings.Hexadecimal(IsmGid.Name, ulong.MaxValue),
        (ushort)settings.Hexadecimal(IsmId.Name, ushort.MaxValue),
        settings.OneOf(
            IsmStores.Name, ("blocks", IsmStoreForm.Block), ("words", IsmStoreForm.EightBytes), ("reversed", IsmStoreForm.ReversedEightBytes)));
}
