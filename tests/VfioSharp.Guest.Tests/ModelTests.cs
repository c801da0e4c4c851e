namespace VfioSharp.Guest.Tests;

/// <summary>
/// The model of an IBM Z host against real kernels: one script of accesses, played by the library on QEMU's NVMe controller in a guest and on the
/// model's with the same kernel, has to come to the same, character by character.
/// </summary>
public sealed class ModelTests
{
    private const string Script = "nvme-registers";

    [Theory]
    [InlineData("s390x 6.12", "linux-6.12.24,nomio/nvme")]
    [InlineData("s390x 7", "linux-7.2,nomio/nvme")]
    [InlineData("s390x iommufd", "linux-7.2,nomio/nvme")]
    public async Task A_script_of_accesses_comes_to_the_same_on_the_model_as_in_a_guest(string guest, string model)
    {
        await GuestMachine.SkipWhereUnavailable(guest);

        var real = await GuestMachine.Run(
            guest,
            ["--device", "nvme", "--include", $"{ModelPlay.PathOf(Script)}:/tmp/script"],
            "vfio zpci run $VFIO_NVME /tmp/script");

        Assert.True(real.ExitCode == 0, real.Error);
        Assert.Equal(await ModelPlay.OutputOn(model, Script), real.Output);
        Assert.Contains("value=0x004008200f0107ff", real.Output, StringComparison.Ordinal);
    }
}
