namespace VfioSharp.Nvme.Specification;

/// <summary>SEL of Get Features: which value is asked for (NVMe Base 2.0, 5.15, figure 187).</summary>
public enum FeatureSelect : byte
{
    /// <summary>The value that holds.</summary>
    Current = 0,

    /// <summary>The manufacturer's.</summary>
    Default = 1,

    /// <summary>The one that outlasts power cycles.</summary>
    Saved = 2,

    /// <summary>Bit 0: can be saved; bit 1: belongs to a namespace; bit 2: can be changed.</summary>
    Capabilities = 3,
}
