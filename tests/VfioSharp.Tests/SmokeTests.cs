namespace VfioSharp.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Placeholder() => Assert.True(BitConverter.IsLittleEndian);
}
