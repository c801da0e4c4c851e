using VfioSharp.Config;
using VfioSharp.Emulation;

namespace VfioSharp.Zpci.Tests.Scripts;

/// <summary>
/// A function that counts what reaches it. Each byte of its BAR reads as the number of its resets, so that a value from before one is seen to
/// be stale.
/// </summary>
internal sealed class GenerationFunction() : PciFunction(
    new PciIdentity(0x1af4, 0x10f0, new ClassCode(0)), [new FunctionBar(0, 0x4000), new FunctionBar(2, 0x1000)])
{
    public byte Generation { get; private set; }

    public int ReadCount { get; private set; }

    public int WriteCount { get; private set; }

    public int AccessCount => ReadCount + WriteCount;

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        ReadCount++;
        destination.Fill(Generation);
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source) => WriteCount++;

    protected override void OnReset() => Generation++;
}
