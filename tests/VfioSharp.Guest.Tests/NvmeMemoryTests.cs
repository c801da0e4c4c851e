namespace VfioSharp.Guest.Tests;

/// <summary>A controller memory buffer, which QEMU's controller has where it is asked for.</summary>
public sealed class NvmeMemoryTests
{
    [Theory, MemberData(nameof(GuestMachine.X64Data), MemberType = typeof(GuestMachine))]
    public async Task Submission_queues_lie_in_the_controllers_own_memory(string guest) => InGuestAssembly.Judge(await InGuestAssembly.RunOne(
        guest,
        ["--device", "nvme,cmb_size_mb=1"],
        $"{nameof(InGuest.NvmeMemoryTests)}.{nameof(InGuest.NvmeMemoryTests.Submission_queues_lie_in_the_controllers_own_memory)}"));
}
