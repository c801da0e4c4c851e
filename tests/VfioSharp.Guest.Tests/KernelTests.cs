using VfioSharp.InGuest;

namespace VfioSharp.Guest.Tests;

/// <summary>
/// Each test of VfioSharp.InGuest, judged by three real kernels on each of two machines and by QEMU's devices: 6.12 and 7 through group
/// and container, iommufd through the character device. A test whose device the machine does not have is skipped by the guest.
/// </summary>
public sealed class KernelTests
{
    public static TheoryData<string> Tests => [.. GuestTest.All.Where(test => !test.IsExplicit).Select(test => test.Name)];

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_6_12(string test) => Judge("x86_64 6.12", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_7(string test) => Judge("x86_64 7", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_iommufd(string test) => Judge("x86_64 iommufd", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_6_12_on_IBM_Z(string test) => Judge("s390x 6.12", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_7_on_IBM_Z(string test) => Judge("s390x 7", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_iommufd_on_IBM_Z(string test) => Judge("s390x iommufd", test);

    private static async Task Judge(string guest, string test) => InGuestAssembly.Judge(await InGuestAssembly.ResultOf(guest, test));
}
