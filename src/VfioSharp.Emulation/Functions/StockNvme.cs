using System.Globalization;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Functions;

/// <summary>How the NVMe controller of the catalogue is made from its options.</summary>
internal static class StockNvme
{
    private const string ImageName = "image";
    private const string SizeName = "size";
    private const string NamespacesName = "namespaces";
    private const string BlockName = "block";
    private const string ReadOnlyName = "readonly";
    private const string DoorbellsName = "doorbells";
    private const string SerialName = "serial";
    private const int MostNamespaces = 1024;
    private const int LongestSerialNumber = 20;
    private const long DefaultMemoryInBytes = 64 << 20;

    /// <summary>The options.</summary>
    public static IReadOnlyList<StockFunctionOption> Options { get; } =
    [
        new(ImageName, "FILE", "", "the file that holds the namespace; of several, FILE.1, FILE.2 and so on; memory where none is given"),
        new(SizeName, "BYTES[K|M|G|T]", "", "how long each image is: a file that is missing is made, and a shorter one grows; memory has 64M"),
        new(NamespacesName, "1..1024", "1", "how many namespaces there are"),
        new(BlockName, "512|4096", "512", "how many bytes a logical block has"),
        new(ReadOnlyName, "on|off", "off", "whether nothing can be written"),
        new(DoorbellsName, "shared|trapped", "shared", "whether doorbells are shared memory at which the controller looks, or accesses that call it"),
        new(SerialName, "TEXT", "", "the serial number; one that the paths of the images give where none is given"),
    ];

    /// <summary>Looks at the options.</summary>
    public static Func<PciFunction> Prepare(StockFunctionSettings settings)
    {
        var path = settings.Text(ImageName);
        var count = settings.Number(NamespacesName, 1, MostNamespaces);
        var serial = settings.Text(SerialName);
        var image = new NvmeImageOptions
        {
            SizeInBytes = settings.Size(SizeName),
            BlockSizeInBytes = settings.OneOf(BlockName, ("512", 512), ("4096", 4096)),
            IsReadOnly = settings.IsOn(ReadOnlyName),
        };
        var options = new NvmeFunctionOptions
        {
            Doorbells = settings.OneOf(DoorbellsName, ("shared", NvmeDoorbells.Shared), ("trapped", NvmeDoorbells.Trapped)),
            SerialNumber = serial,
        };
        Check(image, path, serial);
        return () => Make(options, path, count, image);
    }

    private static void Check(NvmeImageOptions image, string? path, string? serial)
    {
        if (serial is not null && (serial.Length > LongestSerialNumber || serial.Any(character => character is < ' ' or > '~')))
            throw new FormatException($"'{serial}' is no serial number of nvme: it has up to {LongestSerialNumber} characters of ASCII.");
        if (image.SizeInBytes is { } size && size % image.BlockSizeInBytes != 0)
            throw new FormatException($"The size of an image of nvme is a multiple of its block, {image.BlockSizeInBytes} bytes; {size} is not.");
        if (image.IsReadOnly && path is null)
            throw new FormatException("An nvme whose images are memory cannot be read-only: there would be nothing to read.");
        if (image is { IsReadOnly: true, SizeInBytes: not null })
            throw new FormatException("A read-only image of nvme is as long as its file; no size can be given.");
    }

    private static NvmeFunction Make(NvmeFunctionOptions options, string? path, int count, NvmeImageOptions image)
    {
        var images = new List<NvmeImage>(count);
        try
        {
            for (var number = 1; number <= count; number++)
                images.Add(path is null ? InMemory(image) : NvmeImage.Open(NameOf(path, number, count), image));
            return new NvmeFunction(options with { Images = images });
        }
        catch
        {
            foreach (var opened in images)
                opened.Dispose();
            throw;
        }
    }

    private static NvmeImage InMemory(NvmeImageOptions image) =>
        NvmeImage.InMemory(image.SizeInBytes ?? DefaultMemoryInBytes, image.BlockSizeInBytes);

    private static string NameOf(string path, int number, int count) =>
        count == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
}
