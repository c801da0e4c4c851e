namespace VfioSharp.Mmio;

/// <summary>What a mapping of device memory may be used for.</summary>
[Flags]
public enum MappingAccess
{
    /// <summary>Loads.</summary>
    Read = 1,
    /// <summary>Stores.</summary>
    Write = 2,
    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}
