using System.CommandLine;

namespace VfioSharp.Tool.Tests.Nvme;

public sealed class NvmeCommandLineTests
{
    [Theory]
    [InlineData("nvme", "Say what to do. See `vfio nvme --help`")]
    [InlineData("nvme format", "no verb 'format'")]
    [InlineData("nvme identify", "DEVICE")]
    [InlineData("nvme identify disk", "not a device address")]
    [InlineData("nvme identify 01:00.0 --namespace 0", "--namespace is the number of a namespace")]
    [InlineData("nvme identify 01:00.0 --namespace 4294967295", "--namespace is the number of a namespace")]
    [InlineData("nvme smart 01:00.0 extra", "'extra'")]
    [InlineData("nvme read 01:00.0", "'--output' is required")]
    [InlineData("nvme read 01:00.0 --output a --lba x", "not a number")]
    [InlineData("nvme read 01:00.0 --output a --length 0", "--length is a size from 1")]
    [InlineData("nvme read 01:00.0 --output a --length 4KB", "--length is a size (bytes, or a number and KiB")]
    [InlineData("nvme read 01:00.0 --output - --json", "exclude each other")]
    [InlineData("nvme write 01:00.0", "'--input' is required")]
    [InlineData("nvme bench 01:00.0 --queue-depth 0", "--queue-depth is a number from 1 to 4095")]
    [InlineData("nvme bench 01:00.0 --queue-depth 4096", "--queue-depth is a number from 1 to 4095")]
    [InlineData("nvme bench 01:00.0 --queues 65", "--queues is a number from 1 to 64")]
    [InlineData("nvme bench 01:00.0 --block-size 256", "--block-size is a size from 512 to 64MiB")]
    [InlineData("nvme bench 01:00.0 --read-percent 101", "--read-percent is a number from 0 to 100")]
    [InlineData("nvme bench 01:00.0 --read-percent 50", "say --force")]
    [InlineData("nvme bench 01:00.0 --pattern zigzag", "--pattern is random or sequential, not 'zigzag'")]
    [InlineData("nvme bench 01:00.0 --duration 0", "--duration is a number of seconds from 0.01")]
    [InlineData("nvme bench 01:00.0 --duration -1", "--duration")]
    [InlineData("nvme bench 01:00.0 --polled --interrupt", "exclude each other")]
    [InlineData("nvme bench 01:00.0 --backend kvm", "--backend")]
    [InlineData("serve nvme", "--socket PATH, or --fd N")]
    [InlineData("serve nvme --socket a --image", "--image")]
    [InlineData("serve nvme --socket a --size 1", "--size is a size from 4KiB")]
    [InlineData("serve nvme --socket a --size 5000", "--size is a multiple of a logical block, of 512 bytes")]
    [InlineData("serve nvme --socket a --size 512KiB --namespaces 0", "--namespaces is a number from 1 to 256")]
    [InlineData("serve nvme --socket a --image x --image y --namespaces 2", "--namespaces divides one --image")]
    [InlineData("serve nvme --socket a --read-only", "--read-only is for an --image")]
    [InlineData("serve nvme --socket a --image x --read-only --size 1MiB", "exclude each other")]
    [InlineData("serve nvme --socket a --block-size 1024", "--block-size is 512 or 4096, not '1024'")]
    [InlineData("serve nvme --socket a --doorbells rung", "--doorbells is shared or trapped, not 'rung'")]
    [InlineData("serve nvme --socket a --spin x", "--spin is a number of seconds")]
    [InlineData("serve nvme extra --socket a", "'extra'")]
    public async Task A_mistake_gets_one_sentence_and_exit_code_2(string arguments, string expected) =>
        (await ToolRun.RunAsync("/nonexistent", arguments.Split(' '))).AssertRefused(ExitCode.WrongCommandLine, expected);

    [Theory]
    [InlineData("identify")]
    [InlineData("smart")]
    [InlineData("read")]
    [InlineData("write")]
    [InlineData("bench")]
    public async Task Help_is_what_was_agreed(string verb)
    {
        var run = await ToolRun.RunAsync("/nonexistent", "nvme", verb, "--help");

        // The help calls the command as the process is called.
        var help = run.Output.Replace($"  {RootCommand.ExecutableName} nvme", "  vfio nvme", StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Checkout.PathOf($"tests/VfioSharp.Tool.Tests/Nvme/Help/{verb}.txt")), help);
    }
}
