using VfioSharp.Zpci;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>
/// The recordings that were made on real kernels, what tests/mio-rows is answered in guests, and the guests that tests boot: which host stands for the
/// machine of each.
/// </summary>
internal static class Recordings
{
    /// <summary>What the names of those begin with that a test holds tests/mio-rows against in guests (VfioSharp.Guest.Tests, Mio/Expectations).</summary>
    public const string InGuests = "mio-rows/";

    private static readonly Dictionary<string, ZpciHostDescription> Hosts = new(StringComparer.Ordinal)
    {
        ["linux-6.12"] = Debian6(",nomio"),
        ["ism-linux-6.12"] = Debian6(",nomio"),
        ["mio-ism-linux-6.12"] = Debian6(",mio"),
        ["linux-7.2"] = Debian7(",nomio"),
        ["mio-machine-pci-nomio-linux-7.2"] = Debian7(",nomio"),
        ["ism-linux-7.2"] = Debian7(",nomio"),
        ["large-bar-no-quirk-linux-7.2"] = Debian7(",nomio"),
        ["mio-linux-7.2"] = Debian7(",mio"),
        ["mio-ism-linux-7.2"] = Debian7(",mio"),
        ["mio-large-bar-no-quirk-linux-7.2"] = Debian7(",mio"),
        [InGuests + "linux-6.12"] = Debian6(",mio"),
        [InGuests + "no-mio-addresses-6.12"] = Debian6(",mio"),
        [InGuests + "no-mio-addresses"] = Debian7(",mio"),
        [InGuests + "pci-off"] = Debian7(",pci=off"),
        ["s390x 6.12"] = Debian6(",nomio"),
        ["s390x 7"] = Debian7(",nomio"),
        ["s390x 6.12 mio"] = Debian6(",mio"),
        ["s390x 7 mio"] = Debian7(",mio"),
    };

    /// <summary>The host that stands for the machine of a recording.</summary>
    public static ZpciHostDescription HostOf(string recording) => Hosts[recording];

    /// <summary>Whether a recording was made on a kernel of the same generation and in the same mode as a host has.</summary>
    public static bool Shows(string recording, ZpciHostDescription host)
    {
        var recorded = HostOf(recording);
        return recorded.Mode == host.Mode
            && (recorded.Kernel.Major, recorded.Kernel.Minor) == (host.Kernel.Major, host.Kernel.Minor)
            && new ZpciHostDescriptionOfKernel(recorded).Equals(new ZpciHostDescriptionOfKernel(host));
    }

    private static ZpciHostDescription Debian6(string mode) => ZpciHostDescription.Parse("linux-6.12.107" + mode);

    private static ZpciHostDescription Debian7(string mode) => ZpciHostDescription.Parse("linux-7.2.13" + mode);

    // Stable releases of one series differ in which parts of the patch series they have.
    private readonly record struct ZpciHostDescriptionOfKernel(bool FaultsIn, bool AllowsMmap)
    {
        public ZpciHostDescriptionOfKernel(ZpciHostDescription host)
            : this(Plain(host).FaultsIn, Plain(host).AllowsMmap)
        {
        }

        private static ZpciHostDescription Plain(ZpciHostDescription host) => ZpciHostDescription.Parse($"linux-{host.Kernel},nomio");
    }
}
