namespace VfioSharp.Nvme;

/// <summary>SES of Format NVM: what becomes of the data that a namespace held (NVMe Base 2.0, 5.14, figure 184).</summary>
public enum SecureErase
{
    /// <summary>It is given up; the controller need not erase it.</summary>
    None = 0,

    /// <summary>It is erased.</summary>
    UserData = 1,

    /// <summary>The key that it was encrypted with is erased.</summary>
    Cryptographic = 2,
}
