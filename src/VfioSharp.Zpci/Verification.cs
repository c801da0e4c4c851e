namespace VfioSharp.Zpci;

/// <summary>How it is known that a real machine does what the model does.</summary>
public enum Verification
{
    /// <summary>A real kernel was seen to do it.</summary>
    RealKernel,
    /// <summary>A real kernel was seen to do it on an emulator that was taught the MIO instructions (guest/qemu-mio): the kernel is Linux as it is, the machine is not IBM's.</summary>
    RealKernelOnEmulatedMio,
    /// <summary>It was read in the kernel's source.</summary>
    Source,
    /// <summary>It rests on a guess about the machine (<see cref="Machine.ArchitectureGuess"/>), whether a kernel was seen on such a machine or not.</summary>
    Derived,
}
