using InGuestRemoval = VfioSharp.InGuest.RemovalTests;

namespace VfioSharp.Guest.Tests;

/// <summary>QEMU unplugs the NVMe controller while a program uses it.</summary>
public sealed class RemovalTests
{
    [Theory, MemberData(nameof(GuestMachine.Data), MemberType = typeof(GuestMachine)), InlineData("s390x 7 mio")]
    public async Task Unplugging_raises_the_request_event_and_the_process_ends_cleanly(string guest)
    {
        const string unplug = """{"execute":"device_del","arguments":{"id":"nvme"}}""";
        InGuestAssembly.Judge(await InGuestAssembly.RunOne(
            guest,
            [.. GuestMachine.IsIbmZ(guest) ? (string[])[] : ["--root-ports"], "--device", "nvme", "--on", $"{InGuestRemoval.Marker}={unplug}"],
            $"{nameof(VfioSharp.InGuest.RemovalTests)}.{nameof(InGuestRemoval.The_request_event_is_raised_and_the_device_can_be_given_back)}"));
    }
}
