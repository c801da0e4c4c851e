using System.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>
/// Lets the function take data out of this process's memory, which the driver then finds in the shared memory, put it back elsewhere, and copy a larger
/// piece from one place to another.
/// </summary>
internal static class DmaAct
{
    private const int CopyLengthInBytes = 1 << 20;

    public static DmaReport Perform(DemoStage stage)
    {
        var driver = stage.Driver;
        using var buffer = DmaBuffer.Allocate(2 * CopyLengthInBytes);
        driver.Device.Config.EnableBusMaster();
        using var mapping = driver.Device.Dma.Map(buffer);
        var (source, target) = (mapping.Iova, mapping.Iova + CopyLengthInBytes);
        var (sourceBytes, targetBytes) = (buffer.GetMemory(0, CopyLengthInBytes), buffer.GetMemory(CopyLengthInBytes, CopyLengthInBytes));
        Random.Shared.NextBytes(sourceBytes.Span);

        var length = (int)driver.SharedMemory.LengthInBytes;
        // A first time, unmeasured: both processes compile what they have not run yet.
        driver.MoveIn(target, length);
        driver.MoveOut(target, length);

        var moving = Stopwatch.GetTimestamp();
        driver.MoveIn(source, length);
        var movedIn = Stopwatch.GetElapsedTime(moving);
        var inside = new byte[length];
        driver.SharedMemory.ReadBlock(0, inside, sizeof(ulong));
        RequireSame(stage, sourceBytes.Span[..length], inside, "what the function took out of memory is in what it shares");

        moving = Stopwatch.GetTimestamp();
        driver.MoveOut(target, length);
        var movedOut = Stopwatch.GetElapsedTime(moving);
        RequireSame(stage, sourceBytes.Span[..length], targetBytes.Span[..length], "the function put back what it had taken");

        moving = Stopwatch.GetTimestamp();
        driver.Copy(source, target, CopyLengthInBytes);
        var copied = Stopwatch.GetElapsedTime(moving);
        RequireSame(stage, sourceBytes.Span, targetBytes.Span, "the function copied what was there");
        return new DmaReport(
            length, source.Value, DemoTime.Microseconds(movedIn), DemoTime.Microseconds(movedOut), CopyLengthInBytes, DemoTime.Microseconds(copied));
    }

    private static void RequireSame(DemoStage stage, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string claim)
    {
        var same = expected.CommonPrefixLength(actual);
        Check.That(same == expected.Length, stage.Address, claim, $"{same} of {expected.Length} bytes are the same, and then comes another.");
    }
}
