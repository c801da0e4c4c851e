using VfioSharp.Native;

namespace VfioSharp;

/// <summary>The machines whose differences matter to the library.</summary>
internal enum MachineKind
{
    Other,
    X64,
    Arm64,
    S390x,
}

/// <summary>
/// The machine that this process runs on, as the kernel names it (uname(2)). RuntimeInformation is not asked, since Mono takes every
/// 64-bit machine for x64. Found out once; all members may be used from any thread.
/// </summary>
public static unsafe class HostMachine
{
    /// <summary>The kernel's name of the machine: "x86_64", "aarch64", "s390x", ...</summary>
    public static string Name { get; } = AskKernel();

    /// <summary>Which of the machines that matter it is; <see cref="MachineKind.Other"/> also for a 32-bit process.</summary>
    internal static MachineKind Kind { get; } = sizeof(nint) == sizeof(ulong) ? KindOf(Name) : MachineKind.Other;

    private static MachineKind KindOf(string name) => name switch
    {
        "x86_64" => MachineKind.X64,
        "aarch64" => MachineKind.Arm64,
        "s390x" => MachineKind.S390x,
        _ => MachineKind.Other,
    };

    private static string AskKernel()
    {
        Libc.SystemName name;
        return Libc.uname(&name) == 0 ? new string((sbyte*)name.Machine) : "unknown";
    }
}
