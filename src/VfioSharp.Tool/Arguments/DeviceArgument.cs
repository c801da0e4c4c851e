using System.CommandLine;

namespace VfioSharp.Tool.Arguments;

/// <summary>The argument that names a device.</summary>
internal static class DeviceArgument
{
    /// <summary>Any device that the library can open.</summary>
    public static Argument<DeviceAddress> Create() => Create("DEVICE", "The device: a PCI address such as 0000:01:00.0, or vfio-user:PATH");

    /// <summary>Any device, or a function of a modelled host without the word that such addresses begin with.</summary>
    public static Argument<DeviceAddress> CreateTarget() => Create(
        "TARGET",
        "HOST/FUNCTION of a modelled IBM Z, such as linux-7.2,mio/nvme, or a device",
        text => text.StartsWith("linux-", StringComparison.Ordinal) ? "zpci:" + text : text);

    /// <summary>A function of this machine.</summary>
    public static Argument<DeviceAddress> CreatePci()
    {
        var argument = Create("PCIADDRESS", "The function's PCI address, such as 0000:01:00.0");
        argument.Validators.Add(result =>
        {
            // A token that is no address has its error from the parser.
            if (DeviceAddress.TryParse(result.Tokens[0].Value, out var address) && address.Scheme != DeviceAddress.PciScheme)
                result.AddError($"'{address}' is not a PCI address: only a function of this machine can change its driver.");
        });
        return argument;
    }

    private static Argument<DeviceAddress> Create(string name, string description, Func<string, string>? complete = null) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (DeviceAddress.TryParse(complete is null ? result.Tokens[0].Value : complete(result.Tokens[0].Value), out var address))
                return address;
            result.AddError($"'{result.Tokens[0].Value}' is not a device address: write a PCI address such as 0000:01:00.0, or vfio-user:PATH.");
            return null;
        },
    };
}
