using VfioSharp.InGuest;
using VfioSharp.InGuest.Mio;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// Each test of VfioSharp.InGuest where the library reaches registers by MIO instructions, with those that are about the instructions. The judges
/// are Debian's newest kernel, through group and container, and one with iommufd; the machine is a QEMU that was taught the instructions (guest/qemu-mio).
/// </summary>
public sealed class MioKernelTests
{
    public static TheoryData<string> Tests =>
        [.. GuestTest.All.Where(test => !test.IsExplicit || MioGuest.Classes.Contains(test.ClassName)).Select(test => test.Name)];

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_7(string test) => Judge("s390x 7 mio", test);

    [Theory, MemberData(nameof(Tests))]
    public Task Linux_iommufd(string test) => Judge("s390x iommufd mio", test);

    private static async Task Judge(string guest, string test) => InGuestAssembly.Judge(await InGuestAssembly.ResultOf(guest, test));
}
