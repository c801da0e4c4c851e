using VfioSharp.InGuest;

namespace VfioSharp.Guest.Tests;

/// <summary>
/// Each test of VfioSharp.InGuest, judged by three real x86-64 kernels and QEMU's devices: 6.12 and 7 through group and container,
/// iommufd through the character device.
/// </summary>
public sealed class KernelTests
{
    public static TheoryData<string> Tests => [.. GuestTest.All.Where(test => !test.IsExplicit).Select(test => test.Name)];

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_6_12(string test) => Judge("6.12", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_7(string test) => Judge("7", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_iommufd(string test) => Judge("iommufd", test);

    private static async Task Judge(string kernel, string test) => InGuestAssembly.Judge(await InGuestAssembly.ResultOf(kernel, test));
}
