using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

/// <summary>Registers in an array, in memory order, and a record of what was asked.</summary>
internal sealed class FakeAccessor(int lengthInBytes) : RegisterAccessor, IDisposable
{
    public byte[] Bytes { get; } = new byte[lengthInBytes];

    public List<string> Calls { get; } = [];

    public Errno Answer { get; set; }

    public bool IsDisposed { get; private set; }

    public override AccessOutcome Read(ulong regionOffset, Span<byte> destination)
    {
        Calls.Add($"read {destination.Length} at {regionOffset}");
        Bytes.AsSpan((int)regionOffset, destination.Length).CopyTo(destination);
        return AccessOutcome.OfErrno(Answer);
    }

    public override AccessOutcome Write(ulong regionOffset, ReadOnlySpan<byte> source)
    {
        Calls.Add($"write {source.Length} at {regionOffset}");
        source.CopyTo(Bytes.AsSpan((int)regionOffset));
        return AccessOutcome.OfErrno(Answer);
    }

    public override AccessOutcome WriteBlock(ulong regionOffset, ReadOnlySpan<byte> source)
    {
        Calls.Add($"block {source.Length} at {regionOffset}");
        source.CopyTo(Bytes.AsSpan((int)regionOffset));
        return AccessOutcome.OfErrno(Answer);
    }

    public void Dispose() => IsDisposed = true;
}
