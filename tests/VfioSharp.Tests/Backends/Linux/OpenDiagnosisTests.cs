using VfioSharp.Backends.Linux;

namespace VfioSharp.Tests.Backends.Linux;

public sealed class OpenDiagnosisTests
{
    private const string Group = "/dev/vfio/7";
    private const string Cdev = "/dev/vfio/devices/vfio0";

    [Theory]
    [InlineData(Group, Errno.EACCES, "SUBSYSTEM==\"vfio\", GROUP")]
    [InlineData(Cdev, Errno.EACCES, "SUBSYSTEM==\"vfio-dev\", GROUP")]
    [InlineData("/dev/vfio/vfio", Errno.EACCES, "SUBSYSTEM==\"misc\", KERNEL==\"vfio\", GROUP")]
    [InlineData("/dev/iommu", Errno.EPERM, "SUBSYSTEM==\"misc\", KERNEL==\"iommu\", GROUP")]
    [InlineData("/dev/vfio/noiommu-0", Errno.EPERM, "CAP_SYS_RAWIO")]
    [InlineData("/dev/vfio/vfio", Errno.ENOENT, "modprobe vfio-pci")]
    [InlineData("/dev/iommu", Errno.ENOENT, "modprobe iommufd")]
    [InlineData(Group, Errno.ENODEV, "not bound to vfio-pci any more")]
    [InlineData(Group, Errno.EMFILE, "ulimit -n")]
    [InlineData(Group, Errno.ENFILE, "fs.file-max")]
    [InlineData(Group, Errno.EBUSY, "only one program")]
    public void A_file_that_cannot_be_opened_says_what_to_do(string path, Errno errno, string advice)
    {
        var exception = OpenDiagnosis.ExplainFile(path, "0000:01:00.0", errno);
        Assert.Equal((errno, "0000:01:00.0", $"open {path}"), (exception.Errno, exception.Device, exception.Operation));
        Assert.Contains(advice, exception.Advice, StringComparison.Ordinal);
        Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_this_process_has_open_is_to_be_shared() =>
        Assert.Contains(
            "VfioOptions.ShareDmaWith",
            OpenDiagnosis.AdviseOnBusyGroup([new FileHolder(5, "me", 1), new FileHolder(6, "child", 1)], 5, Group),
            StringComparison.Ordinal);

    [Fact]
    public void A_group_that_others_have_open_names_them() =>
        Assert.Equal(
            "only one program can have it open, and it is held by qemu (process 6) and child (process 7).",
            OpenDiagnosis.AdviseOnBusyGroup([new FileHolder(6, "qemu", 1), new FileHolder(7, "child", 1)], 5, Group));

    [Theory]
    [InlineData(1, 0, "hidden from this user")]
    [InlineData(2, 0, "this process has it open already")]
    [InlineData(1, 1, "held by qemu (process 6)")]
    public void A_character_device_that_is_bound_already_says_by_whom(int own, int others, string advice)
    {
        FileHolder[] holders = [new FileHolder(5, "me", own), .. Enumerable.Repeat(new FileHolder(6, "qemu", 1), others)];
        Assert.Contains(advice, OpenDiagnosis.AdviseOnBoundDevice(holders, 5, Cdev), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, Errno.EACCES, "give that token")]
    [InlineData(true, Errno.EACCES, "set another VF token")]
    [InlineData(true, Errno.EINVAL, "takes no VF token")]
    [InlineData(false, Errno.EBUSY, "group")]
    [InlineData(false, Errno.ENODEV, "removed")]
    public void A_device_that_cannot_be_had_says_why_on_both_ways_in(bool hasToken, Errno errno, string advice)
    {
        Assert.Contains(advice, OpenDiagnosis.ExplainDevice("0000:01:00.0", hasToken, errno).Advice, StringComparison.Ordinal);
        Assert.Contains(advice, OpenDiagnosis.ExplainBinding("0000:01:00.0", Cdev, hasToken, errno).Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_bound_already_is_told_only_where_the_kernel_says_so()
    {
        Assert.Contains("open already", OpenDiagnosis.ExplainBinding("0000:01:00.0", Cdev, false, Errno.EINVAL).Advice, StringComparison.Ordinal);
        Assert.Null(OpenDiagnosis.ExplainDevice("0000:01:00.0", false, Errno.EINVAL).Advice);
    }

    [Fact]
    public void Interrupts_that_cannot_be_isolated_are_named_on_both_ways_in()
    {
        Assert.Contains("iommufd.allow_unsafe_interrupts", OpenDiagnosis.AdviseOnAttaching(Errno.EPERM), StringComparison.Ordinal);
        Assert.Contains("vfio_iommu_type1.allow_unsafe_interrupts", OpenDiagnosis.AdviseOnContainer(Errno.EPERM, isShared: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_of_its_own_is_not_advised_where_there_is_one_already()
    {
        Assert.Contains("open this one by itself", OpenDiagnosis.AdviseOnContainer(Errno.EINVAL, isShared: true), StringComparison.Ordinal);
        Assert.Null(OpenDiagnosis.AdviseOnContainer(Errno.EINVAL, isShared: false));
    }
}
