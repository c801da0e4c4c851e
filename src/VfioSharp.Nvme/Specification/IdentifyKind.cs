namespace VfioSharp.Nvme.Specification;

/// <summary>CNS of Identify: what is asked for (NVMe Base 2.0, 5.17, figure 273).</summary>
public enum IdentifyKind : byte
{
    /// <summary>The namespace, as <see cref="IdentifyNamespace"/>.</summary>
    Namespace = 0x00,

    /// <summary>The controller, as <see cref="IdentifyController"/>.</summary>
    Controller = 0x01,

    /// <summary>Up to 1024 active namespaces above NSID, ascending, 32 bit each; 0 ends the list.</summary>
    ActiveNamespaces = 0x02,

    /// <summary>The namespace's descriptors: <see cref="NamespaceIdKind"/>, length, two bytes, identifier; type 0 ends them.</summary>
    NamespaceDescriptors = 0x03,

    /// <summary>The namespace, as an I/O command set describes it.</summary>
    CommandSetNamespace = 0x05,

    /// <summary>The controller, as an I/O command set describes it.</summary>
    CommandSetController = 0x06,

    /// <summary>Active namespaces of an I/O command set.</summary>
    CommandSetActiveNamespaces = 0x07,

    /// <summary>The namespace, independent of its I/O command set.</summary>
    CommandSetIndependentNamespace = 0x08,

    /// <summary>Allocated namespaces.</summary>
    AllocatedNamespaces = 0x10,

    /// <summary>An allocated namespace.</summary>
    AllocatedNamespace = 0x11,

    /// <summary>Controllers of the NVM subsystem.</summary>
    Controllers = 0x13,

    /// <summary>I/O command sets.</summary>
    CommandSets = 0x1c,
}
