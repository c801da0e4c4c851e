namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>Where a measurement's commands go.</summary>
internal enum AccessPattern
{
    /// <summary>Anywhere, one as likely as the other.</summary>
    Random,

    /// <summary>One behind the other, and again from the beginning.</summary>
    Sequential,
}
