namespace VfioSharp.Guest.Tests;

/// <summary>DMA by an ordinary user who was given the device's files, as a udev rule would.</summary>
public sealed class LockedMemoryTests
{
    [Theory, MemberData(nameof(GuestMachine.X64Data), MemberType = typeof(GuestMachine))]
    public async Task An_ordinary_user_is_told_of_the_limit(string guest) => InGuestAssembly.Judge(await InGuestAssembly.RunOneUnprivileged(
        guest,
        ["--device", "nvme"],
        $"{nameof(InGuest.LockedMemoryTests)}.{nameof(InGuest.LockedMemoryTests.Beyond_the_limit_on_locked_memory_a_mapping_is_refused_with_the_way_to_raise_it)}",
        lockedMemoryInKibibytes: 64));
}
