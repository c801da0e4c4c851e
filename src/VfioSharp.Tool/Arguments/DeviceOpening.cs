using System.CommandLine;

namespace VfioSharp.Tool.Arguments;

/// <summary>The argument and the options that every verb has which opens a device.</summary>
internal sealed class DeviceOpening
{
    /// <summary>What the manuals of these verbs say about them.</summary>
    public const string Manual = """
        The device must be bound to vfio-pci (`vfio bind`). It is opened through iommufd where the kernel has it
        and through its IOMMU group otherwise; --backend forces one. While one program has a device open no other
        can open it. --no-iommu opens a device without an IOMMU: it can then write to all of the machine's memory.

        vfio-user:PATH is a function that another process serves at a socket (`vfio serve`, or any vfio-user server).
        --busy-poll has each message to it looked for instead of slept for: quicker, where the server does so too.
        """;

    private readonly ToolHost _host;
    private readonly Argument<DeviceAddress> _device;

    private readonly Option<LinuxInterface> _backend = new("--backend")
    {
        Description = "How to open it",
        HelpName = "group|iommufd",
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "group":
                    return LinuxInterface.Group;
                case "iommufd":
                    return LinuxInterface.Iommufd;
                default:
                    result.AddError($"--backend is group or iommufd, not '{result.Tokens[0].Value}'.");
                    return default;
            }
        },
    };

    private readonly Option<bool> _noIommu = new("--no-iommu") { Description = "Open it without the protection of an IOMMU" };

    private readonly Option<bool> _busyPoll = new("--busy-poll") { Description = "Spin for the answers of a vfio-user server instead of sleeping" };

    private readonly Option<Guid?> _vfToken = new("--vf-token")
    {
        Description = "The token that its physical function's driver set (SR-IOV)",
        HelpName = "UUID",
        CustomParser = result =>
        {
            if (Guid.TryParseExact(result.Tokens[0].Value, "D", out var token))
                return token;
            result.AddError($"'{result.Tokens[0].Value}' is not a UUID.");
            return null;
        },
    };

    /// <param name="host">What opens the device.</param>
    /// <param name="device">The argument that names it; null for the usual one.</param>
    public DeviceOpening(ToolHost host, Argument<DeviceAddress>? device = null) => (_host, _device) = (host, device ?? DeviceArgument.Create());

    /// <summary>Adds the argument; call it before the verb's other arguments are added.</summary>
    public void AddArgumentTo(Command verb) => verb.Add(_device);

    /// <summary>Adds the options; call it after the verb's other options, so that the help shows those first.</summary>
    public void AddOptionsTo(Command verb)
    {
        verb.Add(_backend);
        verb.Add(_noIommu);
        verb.Add(_vfToken);
        verb.Add(_busyPoll);
    }

    /// <summary>The device that the command line names.</summary>
    public DeviceAddress AddressOf(ParseResult parsed) => parsed.GetRequiredValue(_device);

    /// <summary>Opens the device that the command line names. The caller owns it.</summary>
    public VfioDevice Open(ParseResult parsed)
    {
        var options = new VfioOptions
        {
            Interface = parsed.GetValue(_backend),
            AllowNoIommu = parsed.GetValue(_noIommu),
            BusyPoll = parsed.GetValue(_busyPoll),
        };
        return _host.OpenDevice(AddressOf(parsed), parsed.GetValue(_vfToken) is { } token ? options with { VfToken = token } : options);
    }
}
