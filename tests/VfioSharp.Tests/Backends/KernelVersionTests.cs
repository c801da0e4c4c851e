using FsCheck.Xunit;
using VfioSharp.Backends;

namespace VfioSharp.Tests.Backends;

public sealed class KernelVersionTests
{
    [Theory]
    [InlineData("6.12.107+deb13-s390x", 6, 12)]
    [InlineData("7.2.13", 7, 2)]
    [InlineData("6.15-rc1", 6, 15)]
    [InlineData("3.19", 3, 19)]
    public void The_first_two_numbers_of_a_release_are_read(string release, int major, int minor)
    {
        Assert.True(KernelVersion.TryParse(release, out var version));
        Assert.Equal(new KernelVersion(major, minor), version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("6")]
    [InlineData("6.")]
    [InlineData(".12")]
    [InlineData("-6.12")]
    [InlineData("linux-6.12")]
    [InlineData("6.99999999999")]
    public void What_begins_with_no_version_is_none(string release) => Assert.False(KernelVersion.TryParse(release, out _));

    [Property]
    public void Versions_are_ordered_by_number_and_not_by_letters(byte major, byte minor, byte otherMajor, byte otherMinor) => Assert.Equal(
        major * 1000 + minor < otherMajor * 1000 + otherMinor, new KernelVersion(major, minor).IsBefore(new KernelVersion(otherMajor, otherMinor)));

    [Property]
    public void What_is_no_version_leaves_none_behind(string? release) =>
        Assert.True(KernelVersion.TryParse(release ?? string.Empty, out var version) || version == default);
}
