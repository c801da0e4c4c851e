using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Guest.Tests.Served;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// Functions of this process without MIO addresses, on a machine whose kernel uses the MIO instructions: a BAR of 256 TiB has no place where
/// these addresses are. What was recorded of them is asked again; the kernel's log says what it could not map.
/// </summary>
public sealed partial class UnreachableFunctionTests
{
    private const ulong LargestBar = 1ul << 48;

    // What sysfs shows of ISM's functions, and of this one in the recordings.
    private const string IsmFunctionType = ",pft=5";

    // The recording has ten lines for its many failures: the kernel holds back what comes faster than ten messages in five seconds.
    private const string EveryMessage = "echo 0 >/proc/sys/kernel/printk_ratelimit; dmesg -c >/dev/null";

    [Theory]
    [InlineData("s390x 6.12 mio", "mio-ism-linux-6.12", 86, 22, "mio-ism-linux-6.12", 86, 22)]
    [InlineData("s390x 7 mio", "mio-ism-linux-7.2", 86, 0, "mio-large-bar-no-quirk-linux-7.2", 91, 1)]
    [InlineData("s390x iommufd mio", "mio-ism-linux-7.2", 86, 0, "mio-large-bar-no-quirk-linux-7.2", 91, 1)]
    public async Task They_are_what_the_recordings_say_and_the_log_says_what_could_not_be_mapped(
        string guest, string recordingOfIsm, int questions, int messages, string recordingOfOther, int questionsOfOther, int messagesOfOther)
    {
        using var devices = new ServedDevices();
        devices.Add("ism", new WitnessFunction(0x1014, 0x04ed, LargestBar), IsmFunctionType);
        var other = devices.Add("other", new WitnessFunction(0x1014, 0x04ee, LargestBar), IsmFunctionType);
        // Of 6.12 there is no recording of the other id, since that kernel knows no ISM device: but for the id it is the same.
        var renamed = devices.Write("other.txt", string.Join('\n', File.ReadAllLines(PathOf(recordingOfOther)))
            .Replace("04ed", "04ee", StringComparison.Ordinal).Replace("1410ed", "1410ee", StringComparison.Ordinal));

        var session = await GuestSession.Start(
            guest, devices,
            ["--memory", "512", "--include", $"{PathOf(recordingOfIsm)}:/tmp/ism.txt", "--include", $"{renamed}:/tmp/other.txt"],
            ("quiet", EveryMessage),
            ("ism", $"{InGuestAssembly.Program} record $VFIO_ISM /tmp/ism.txt"),
            ("log of ism", "dmesg -c"),
            ("other", $"{InGuestAssembly.Program} record $VFIO_OTHER /tmp/other.txt"),
            ("log of other", "dmesg -c"));

        AssertSame(session.OutputOf("ism"), questions);
        AssertSame(session.OutputOf("other"), questionsOfOther);
        AssertMessages(recordingOfIsm, session.OutputOf("log of ism"), messages);
        AssertMessages(recordingOfOther, session.OutputOf("log of other"), messagesOfOther);
        Assert.DoesNotContain(other.Take(), access => access.Bar is 0 or 2);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    private static void AssertSame(string output, int questions) =>
        Assert.True(output.EndsWith($": {questions} questions, 0 different", StringComparison.Ordinal), output);

    // The same words as recorded, so often as calls failed: each message is about one.
    private static void AssertMessages(string recording, string log, int count)
    {
        var recorded = Messages(File.ReadAllText(PathOf(recording))).Distinct();
        var here = Messages(log);
        Assert.Equal(count, here.Length);
        Assert.Equal(recorded, here.Distinct());
    }

    // Where the kernel puts its area differs from boot to boot (the recordings have two places); how long it is does not.
    private static string[] Messages(string log) => [.. VmallocMessage().Matches(log).Select(match => string.Create(
        CultureInfo.InvariantCulture, $"{match.Groups["text"].Value} {Number(match, "end") - Number(match, "start"):x}"))];

    private static ulong Number(Match match, string group) => ulong.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string PathOf(string recording) => Repository.PathOf($"tests/VfioSharp.Zpci.Tests/Recordings/{recording}.txt");

    [GeneratedRegex(@"(?<text>vm\w+ for size \d+ failed: .*) 0x(?<start>[0-9a-f]+) - 0x(?<end>[0-9a-f]+)")]
    private static partial Regex VmallocMessage();
}
