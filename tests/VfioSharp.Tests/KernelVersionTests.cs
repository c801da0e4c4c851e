using FsCheck.Xunit;

namespace VfioSharp.Tests;

public sealed class KernelVersionTests
{
    [Theory]
    [InlineData("6.12.107+deb13-s390x", 6, 12, 107)]
    [InlineData("7.2.13", 7, 2, 13)]
    [InlineData("6.15-rc1", 6, 15, 0)]
    [InlineData("3.19", 3, 19, 0)]
    [InlineData("5.15.0.1-azure", 5, 15, 0)]
    public void The_numbers_with_which_a_release_begins_are_read(string release, int major, int minor, int patch)
    {
        Assert.True(KernelVersion.TryParseRelease(release, out var version));
        Assert.Equal(new KernelVersion(major, minor, patch), version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("6")]
    [InlineData("6.")]
    [InlineData(".12")]
    [InlineData("-6.12")]
    [InlineData("linux-6.12")]
    [InlineData("6.99999999999")]
    public void What_begins_with_no_version_is_none(string release) => Assert.False(KernelVersion.TryParseRelease(release, out _));

    [Property]
    public void Versions_are_ordered_by_number_and_not_by_letters(byte major, byte minor, byte otherMajor, byte otherMinor) => Assert.Equal(
        major * 1000 + minor < otherMajor * 1000 + otherMinor, new KernelVersion(major, minor) < new KernelVersion(otherMajor, otherMinor));

    [Property]
    public void What_is_no_version_leaves_none_behind(string? release) =>
        Assert.True(KernelVersion.TryParseRelease(release ?? string.Empty, out var version) || version == default);
}
