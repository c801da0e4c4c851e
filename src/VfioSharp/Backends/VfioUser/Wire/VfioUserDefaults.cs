namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>What holds where a side does not say something else (docs/interop/vfio-user.rst, "Capabilities"), and the bounds that peers set.</summary>
internal static class VfioUserDefaults
{
    public const ushort Major = 0;

    /// <summary>The minor version that both sides speak. A server answers no larger one: QEMU's client takes only 0.0.</summary>
    public const ushort Minor = 0;

    public const uint MaxMessageFds = 1;
    public const ulong MaxDataTransferInBytes = 1 << 20;
    public const ulong MaxDmaMaps = 65535;
    public const ulong PageSizes = 4096;

    /// <summary>The longest data that a QEMU client accepts from a server's capabilities.</summary>
    public const ulong LargestDataTransferInBytes = 64 << 20;

    /// <summary>What a message may be longer than its data: the header and the largest fixed part.</summary>
    public const int LongestFixedPartInBytes = VfioUserHeader.SizeInBytes + 48;

    /// <summary>SCM_MAX_FD: how many descriptors the kernel passes with one message (include/net/scm.h).</summary>
    public const int MostFdsOfAMessage = 253;
}
