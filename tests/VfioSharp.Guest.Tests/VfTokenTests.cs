namespace VfioSharp.Guest.Tests;

/// <summary>SR-IOV by real kernels and QEMU's igb.</summary>
public sealed class VfTokenTests
{
    [Theory, MemberData(nameof(GuestMachine.X64Data), MemberType = typeof(GuestMachine))]
    public async Task A_virtual_function_needs_its_token(string guest) => InGuestAssembly.Judge(await InGuestAssembly.RunOne(
        guest,
        ["--device", "igb", "--append", "vfio_pci.enable_sriov=1"],
        $"{nameof(InGuest.VfTokenTests)}.{nameof(InGuest.VfTokenTests.A_virtual_function_opens_with_the_token_that_its_physical_function_set_and_not_without)}"));
}
