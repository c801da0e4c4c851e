namespace VfioSharp.Zpci;

/// <summary>How it is known that a real machine does what the model does.</summary>
public enum Verification
{
    /// <summary>A real kernel was seen to do it.</summary>
    RealKernel,
    /// <summary>It was read in the kernel's source.</summary>
    Source,
    /// <summary>It follows from a guess about what IBM does not publish, or about hardware that was not at hand.</summary>
    Derived,
}
