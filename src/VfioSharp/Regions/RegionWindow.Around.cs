using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VfioSharp.Diagnostics;
using VfioSharp.Interrupts;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Regions;

// The way around the hot path: the whole check, the metrics, and every path there is.
public sealed unsafe partial class RegionWindow
{
    // The routines of loads and stores tell that there was a fault and not which signal; a mapping that was taken away raises SIGBUS.
    private static readonly AccessOutcome LoadStoreFault = AccessOutcome.OfSignal(Libc.SIGBUS);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong ReadAround(ulong offset, int widthInBytes)
    {
        CheckAccess(RegionFlags.Read, offset, (ulong)widthInBytes, widthInBytes);
        VfioMetrics.Accesses.Add(1, _pathTag);
        if (_accessor is not null)
            return ReadByAccessor(_accessor, offset, widthInBytes);

        if (MmioSupport.IsGuarded)
        {
            var result = GuardedAccess.Load(_address + offset, widthInBytes);
            GC.KeepAlive(this);
            return IsAllOnes(result.Value, widthInBytes) ? EndAllOnes(result.Fault, offset, widthInBytes) : result.Value;
        }

        var pages = (PageMapping)_mapping!;
        pages.Hold();
        ulong value;
        try
        {
            value = PortableAccess.Load(_address + offset, widthInBytes);
        }
        finally
        {
            pages.Release();
        }

        return IsAllOnes(value, widthInBytes) ? EndAllOnes(0, offset, widthInBytes) : value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteAround(ulong offset, ulong value, int widthInBytes)
    {
        CheckAccess(RegionFlags.Write, offset, (ulong)widthInBytes, widthInBytes);
        RequireRegisterStores();
        VfioMetrics.Accesses.Add(1, _pathTag);
        if (_accessor is not null)
        {
            WriteByAccessor(_accessor, offset, value, widthInBytes);
            return;
        }

        if (MmioSupport.IsGuarded)
        {
            var fault = GuardedAccess.Store(_address + offset, value, widthInBytes);
            GC.KeepAlive(this);
            if (fault != 0)
                EndFaultedStore(offset, widthInBytes);
            return;
        }

        var pages = (PageMapping)_mapping!;
        pages.Hold();
        try
        {
            PortableAccess.Store(_address + offset, value, widthInBytes);
        }
        finally
        {
            pages.Release();
        }
    }

    private ulong ReadByAccessor(RegisterAccessor accessor, ulong offset, int widthInBytes)
    {
        // The bytes beyond the width stay 0: they are the value's upper bytes.
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var outcome = accessor.Read(RegionOffset + offset, bytes[..widthInBytes]);
        if (!outcome.IsDone)
        {
            EndFault(outcome, "read", "from", offset, widthInBytes);
            return ulong.MaxValue;
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return IsAllOnes(value, widthInBytes) ? EndAllOnes(0, offset, widthInBytes) : value;
    }

    private void WriteByAccessor(RegisterAccessor accessor, ulong offset, ulong value, int widthInBytes)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        var outcome = accessor.Write(RegionOffset + offset, bytes[..widthInBytes]);
        if (!outcome.IsDone)
            EndFault(outcome, "write", "to", offset, widthInBytes);
    }

    // A load that faulted answers all ones, so that the hot path has one comparison for this and for the answer of a device in error state.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong EndAllOnes(ulong fault, ulong offset, int widthInBytes)
    {
        if (fault != 0)
        {
            MmioSupport.CountRecoveredFault();
            EndFault(LoadStoreFault, "read", "from", offset, widthInBytes);
        }
        else if (_about.Errors?.Judge(_hidesErrors) is { } meaning and not AllOnesMeaning.Value)
        {
            EndFault(AccessOutcome.OfAllOnes(meaning), "read", "from", offset, widthInBytes);
        }

        return ulong.MaxValue;
    }

    // A load that faulted is all ones beyond its width, too.
    private static bool IsAllOnes(ulong value, int widthInBytes)
    {
        var mask = ulong.MaxValue >> (64 - 8 * widthInBytes);
        return (value & mask) == mask;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndFaultedStore(ulong offset, int widthInBytes)
    {
        MmioSupport.CountRecoveredFault();
        EndFault(LoadStoreFault, "write", "to", offset, widthInBytes);
    }

    // Every recovered signal is counted for the process, but a fault that disposal made is none of the device's.
    private void EndFault(AccessOutcome outcome, string verb, string preposition, ulong offset, int lengthInBytes)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        // A driver that polls a device that is gone faults millions of times a second: only the first is worth a line.
        if (Interlocked.Increment(ref _faultCount) == 1 && _about.Logger is { } logger)
            DeviceLog.FirstFault(logger, _about.Device, RegionName);
        VfioMetrics.Faults.Add(1, _pathTag, new KeyValuePair<string, object?>("cause", AccessFaults.NameCause(outcome)));
        if (OnFault == OnFault.Throw)
            ThrowFailed(outcome, verb, preposition, offset, lengthInBytes);
    }

    private bool IsClosed => Volatile.Read(ref _disposed) != 0 || _mapping is { IsDisposed: true };

    // The length is a multiple of the width; whoever calls has seen to that.
    private void CheckAccess(RegionFlags needed, ulong offset, ulong lengthInBytes, int widthInBytes)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if ((_about.Flags & needed) == 0)
            ThrowForbidden(needed);
        if (!new RegionArea(0, LengthInBytes).Contains(offset, lengthInBytes))
            ThrowBeyondEnd(offset, lengthInBytes);
        if (((RegionOffset + offset) & (ulong)(widthInBytes - 1)) != 0)
            ThrowMisaligned(offset, widthInBytes);
    }

    [DoesNotReturn]
    private void ThrowForbidden(RegionFlags needed) => throw new NotSupportedException(
        $"{_about.Device}: {RegionName} cannot be {(needed == RegionFlags.Read ? "read" : "written")}: the region does not offer that.");

    [DoesNotReturn]
    private void ThrowBeyondEnd(ulong offset, ulong lengthInBytes) => throw new ArgumentOutOfRangeException(
        nameof(offset), $"{lengthInBytes} bytes at offset 0x{offset:x} reach beyond the window, which has 0x{LengthInBytes:x} bytes of {RegionName}.");

    [DoesNotReturn]
    private void ThrowMisaligned(ulong offset, int widthInBytes) => throw new ArgumentOutOfRangeException(
        nameof(offset), $"Offset 0x{RegionOffset + offset:x} of {RegionName} is no multiple of {widthInBytes}, as an access of {widthInBytes} bytes needs.");

    [DoesNotReturn]
    private void ThrowFailed(AccessOutcome outcome, string verb, string preposition, ulong offset, int lengthInBytes) => throw new DeviceAccessException(
        $"{verb} {lengthInBytes} {(lengthInBytes == 1 ? "byte" : "bytes")} {preposition} offset 0x{RegionOffset + offset:x} of {RegionName}",
        _about.Device,
        outcome,
        _about.ExplainLoss?.Invoke() ?? AccessFaults.Explain(outcome, Plan.Path, _about.Host));
}
