using System.Text.Json;
using System.Text.Json.Serialization;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>Reads and writes the JSON text of VFIO_USER_VERSION. What this side does not know is left aside, as the specification asks.</summary>
internal static class VersionJson
{
    /// <summary>The largest max_msg_fds that libvfio-user takes.</summary>
    private const long LargestMaxMessageFds = 1024;

    /// <summary>Reads capabilities.</summary>
    /// <param name="text">What follows major and minor; empty, or a JSON object and one NUL.</param>
    /// <param name="capabilities">The capabilities; all unsaid where there is no text, or no member "capabilities".</param>
    /// <returns>
    /// Whether the text can be taken: not where the NUL is missing, the text is no JSON object, or a capability that is known has another type
    /// or a value out of range.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out VfioUserCapabilities capabilities)
    {
        capabilities = new VfioUserCapabilities();
        if (text.IsEmpty)
            return true;
        if (text.IndexOf((byte)0) != text.Length - 1)
            return false;
        try
        {
            var document = JsonSerializer.Deserialize(text[..^1], VersionJsonContext.Default.VersionDocument);
            return document is not null && TryConvert(document.Capabilities, out capabilities);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Writes capabilities.</summary>
    /// <param name="capabilities">What to say; null members are left out.</param>
    /// <returns>The text with its NUL.</returns>
    public static byte[] Write(VfioUserCapabilities capabilities)
    {
        var document = new VersionDocument
        {
            Capabilities = new CapabilitiesDocument
            {
                MaxMessageFds = capabilities.MaxMessageFds,
                MaxDataTransfer = (long?)capabilities.MaxDataTransferInBytes,
                MaxDmaMaps = (long?)capabilities.MaxDmaMaps,
                PageSizes = capabilities.PageSizes,
                WriteMultiple = capabilities.WritesMultiple ? true : null,
                TwinSocket = capabilities.SupportsTwinSocket ? new TwinSocketDocument { Supported = true, FdIndex = capabilities.TwinSocketFdIndex } : null,
                Migration = capabilities.MigrationPageSizeInBytes is null && capabilities.MaxMigrationBitmapInBytes is null
                    ? null
                    : new MigrationDocument
                    {
                        PageSize = (long?)capabilities.MigrationPageSizeInBytes,
                        MaxBitmapSize = (long?)capabilities.MaxMigrationBitmapInBytes,
                    },
            },
        };
        var text = JsonSerializer.SerializeToUtf8Bytes(document, VersionJsonContext.Default.VersionDocument);
        Array.Resize(ref text, text.Length + 1);
        return text;
    }

    private static bool TryConvert(CapabilitiesDocument? document, out VfioUserCapabilities capabilities)
    {
        capabilities = new VfioUserCapabilities();
        if (document is null)
            return true;
        if (document.MaxMessageFds is < 0 or > LargestMaxMessageFds
            || document.MaxDataTransfer is < 0
            || document.MaxDmaMaps is < 0
            || document.PageSizes is 0
            || document.Migration?.MaxBitmapSize is < 0
            || document.TwinSocket?.FdIndex is < 0 or > VfioUserDefaults.MostFdsOfAMessage
            || document.Migration?.PageSize is { } page && (page <= 0 || (page & (page - 1)) != 0))
        {
            return false;
        }

        capabilities = new VfioUserCapabilities
        {
            MaxMessageFds = (uint?)document.MaxMessageFds,
            MaxDataTransferInBytes = (ulong?)document.MaxDataTransfer,
            MaxDmaMaps = (ulong?)document.MaxDmaMaps,
            PageSizes = document.PageSizes,
            SupportsTwinSocket = document.TwinSocket?.Supported ?? false,
            TwinSocketFdIndex = (uint?)document.TwinSocket?.FdIndex,
            WritesMultiple = document.WriteMultiple ?? false,
            MigrationPageSizeInBytes = (ulong?)document.Migration?.PageSize,
            MaxMigrationBitmapInBytes = (ulong?)document.Migration?.MaxBitmapSize,
        };
        return true;
    }

    internal sealed class VersionDocument
    {
        [JsonPropertyName("capabilities")]
        public CapabilitiesDocument? Capabilities { get; set; }
    }

    internal sealed class CapabilitiesDocument
    {
        [JsonPropertyName("max_msg_fds")]
        public long? MaxMessageFds { get; set; }

        [JsonPropertyName("max_data_xfer_size")]
        public long? MaxDataTransfer { get; set; }

        [JsonPropertyName("max_dma_maps")]
        public long? MaxDmaMaps { get; set; }

        // A mask, of which the kernel's own have the highest bit set.
        [JsonPropertyName("pgsizes")]
        public ulong? PageSizes { get; set; }

        [JsonPropertyName("twin_socket")]
        public TwinSocketDocument? TwinSocket { get; set; }

        [JsonPropertyName("write_multiple")]
        public bool? WriteMultiple { get; set; }

        [JsonPropertyName("migration")]
        public MigrationDocument? Migration { get; set; }
    }

    internal sealed class TwinSocketDocument
    {
        [JsonPropertyName("supported")]
        public bool? Supported { get; set; }

        [JsonPropertyName("fd_index")]
        public long? FdIndex { get; set; }
    }

    internal sealed class MigrationDocument
    {
        [JsonPropertyName("pgsize")]
        public long? PageSize { get; set; }

        [JsonPropertyName("max_bitmap_size")]
        public long? MaxBitmapSize { get; set; }
    }
}

/// <summary>The serializer of <see cref="VersionJson"/>, generated when the project is built.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VersionJson.VersionDocument))]
internal sealed partial class VersionJsonContext : JsonSerializerContext;
