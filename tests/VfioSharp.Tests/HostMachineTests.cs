using System.Runtime.InteropServices;

namespace VfioSharp.Tests;

public sealed class HostMachineTests
{
    [Fact]
    public void The_kernel_and_the_runtime_name_the_same_machine() =>
        Assert.Equal(RuntimeInformation.ProcessArchitecture, HostMachine.Kind switch
        {
            MachineKind.X64 => Architecture.X64,
            MachineKind.Arm64 => Architecture.Arm64,
            MachineKind.S390x => Architecture.S390x,
            _ => throw new InvalidOperationException($"The kernel calls this machine \"{HostMachine.Name}\"."),
        });
}
