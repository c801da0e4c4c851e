using System.CommandLine;
using System.Globalization;
using VfioSharp.Nvme;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Nvme;

/// <summary>The argument and the options that every verb has which drives an NVMe controller.</summary>
internal sealed class NvmeOpening
{
    private readonly DeviceOpening _device;

    private readonly Option<uint?> _namespace = new("--namespace")
    {
        Description = "The namespace's number (default: the first that there is)",
        HelpName = "N",
        CustomParser = result =>
        {
            if (uint.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is > 0 and < uint.MaxValue)
                return id;
            result.AddError($"--namespace is the number of a namespace, from 1 on, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    public NvmeOpening(ToolHost host) => _device = new DeviceOpening(host);

    /// <summary>What the manuals of these verbs say about them.</summary>
    public static string Manual => DeviceOpening.Manual;

    /// <summary>Adds the device and --namespace; call it before the verb's other options are added.</summary>
    public void AddFirstTo(Command verb)
    {
        _device.AddArgumentTo(verb);
        verb.Add(_namespace);
    }

    /// <summary>Adds the options of opening; call it after the verb's other options, so that the help shows those first.</summary>
    public void AddOptionsTo(Command verb) => _device.AddOptionsTo(verb);

    /// <summary>The device that the command line names.</summary>
    public DeviceAddress AddressOf(ParseResult parsed) => _device.AddressOf(parsed);

    /// <summary>The number that the command line gives, or null.</summary>
    public uint? NamespaceIdOf(ParseResult parsed) => parsed.GetValue(_namespace);

    /// <summary>Opens the controller that the command line names. The caller owns it.</summary>
    /// <exception cref="VfioException">The device cannot be opened.</exception>
    /// <exception cref="NvmeException">It is no NVMe controller, or does not do as one should.</exception>
    public async Task<NvmeSession> OpenAsync(ParseResult parsed, NvmeOptions options, CancellationToken cancellation)
    {
        var device = _device.Open(parsed);
        try
        {
            return new NvmeSession(device, await NvmeController.OpenAsync(device, options, cancellation));
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }
}
