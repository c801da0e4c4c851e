namespace VfioSharp.Conformance.Client.Cases;

/// <summary>One connection to a server that does everything right: what the client sends.</summary>
internal static class ConductCases
{
    public static IEnumerable<ClientCase> All()
    {
        var header = new ClientCaseGroup("conduct", "Header");
        header.Conduct("attaches", "the client uses a device that does everything right", _ => { });
        header.Conduct("stream", "each header says the size of its message", Conduct.Stream);
        header.Conduct("headers", "each message is a command, with no flag but No_reply", Conduct.Headers);
        header.Conduct("known_commands", "no command is sent that is a server's, retired, or not offered", Conduct.KnownCommands);
        header.Conduct("sizes", "each command has the payload that the specification has", Conduct.Sizes);

        var version = new ClientCaseGroup("conduct", "VFIO_USER_VERSION");
        version.Conduct("version_first", "VERSION is the first message, and comes once", Conduct.VersionFirst);
        version.Conduct("version_text", "VERSION proposes 0.x, and JSON with its NUL or none", Conduct.VersionText);
        version.Conduct("fd_counts", "no message has more descriptors than the server's max_msg_fds", Conduct.FdCounts);

        var sizes = new ClientCaseGroup("conduct", "Message sizes");
        sizes.Conduct("argsz", "argsz is at least the size of the fixed part", Conduct.ArgumentSizes);

        var device = new ClientCaseGroup("conduct", "VFIO Device Model");
        device.Conduct("indices", "no region or interrupt index is asked for that the device has not", Conduct.Indices);
        device.Conduct("fds_where_expected", "descriptors come with DMA_MAP, one, and with SET_IRQS alone", Conduct.FdsWhereExpected, CaseDuty.Habit);

        var access = new ClientCaseGroup("conduct", "Read and Write Operations");
        access.Conduct("accesses", "each access lies within its region, and has as much data as it says", Conduct.Accesses);
        access.Conduct("posted", "No_reply is for writes", Conduct.Posted, CaseDuty.Habit);

        var irqs = new ClientCaseGroup("conduct", "VFIO_USER_DEVICE_SET_IRQS");
        irqs.Conduct("set_irqs", "flags, range and descriptors of SET_IRQS fit each other and the device", Conduct.SetIrqs);

        var dma = new ClientCaseGroup("conduct", "VFIO_USER_DMA_MAP");
        dma.Conduct("maps", "no DMA_MAP is empty, overflows or overlaps", Conduct.Maps);
        return [.. header.Cases, .. version.Cases, .. sizes.Cases, .. device.Cases, .. access.Cases, .. irqs.Cases, .. dma.Cases];
    }
}
