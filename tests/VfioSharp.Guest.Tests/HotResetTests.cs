namespace VfioSharp.Guest.Tests;

/// <summary>A bus reset by a real kernel, with the proof of ownership that a group or an iommufd context gives.</summary>
public sealed class HotResetTests
{
    [Theory, MemberData(nameof(GuestMachine.X64Data), MemberType = typeof(GuestMachine))]
    public async Task A_hot_reset_clears_the_registers_of_the_function(string guest) => InGuestAssembly.Judge(await InGuestAssembly.RunOne(
        guest,
        ["--root-ports", "--device", "e1000e"],
        $"{nameof(InGuest.HotResetTests)}.{nameof(InGuest.HotResetTests.A_function_alone_on_its_bus_is_reset_with_it)}"));
}
