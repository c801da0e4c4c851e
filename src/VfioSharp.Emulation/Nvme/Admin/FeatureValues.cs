using System.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

/// <summary>The features of a controller from its enabling to its next reset (NVMe Base 2.0, 5.27.1; NVM Command Set 1.0, 4.1.4).</summary>
/// <remarks>
/// Arbitration and interrupt coalescing are wishes, which are kept and change nothing: queues take turns, and one look at all of them interrupts
/// once for a vector in any case.
/// </remarks>
internal sealed class FeatureValues
{
    private const int CompositeSensor = 0;
    private const int LastSensor = 8;
    private const int EverySensor = 0xf;
    private const uint LowestReservedQueueCount = 0xffff;
    private const uint WriteCacheEnabled = 1;
    private const uint ReportsDeallocatedBlocks = 1 << 16;
    private const uint NoArbitrationLimit = 7;
    private const uint EveryNamespace = uint.MaxValue;

    // Bits 47:0 of a timestamp are milliseconds; 51:49 tell that it was set, rather than begun at a reset.
    private const ulong TimestampMask = (1ul << 48) - 1;
    private const ulong TimestampIsSet = 1ul << 49;

    private readonly ControllerParts _parts;
    private readonly ActiveController _controller;
    private readonly uint[] _values = new uint[byte.MaxValue + 1];
    private readonly uint[] _vectors;
    private readonly uint[] _errorRecovery;
    private uint _hottest = ControllerHealth.WarningTemperatureInKelvin;
    private uint _coldest;
    private long _timestampSince = Stopwatch.GetTimestamp();
    private ulong _timestamp;

    /// <summary>Makes the values that a reset brings.</summary>
    public FeatureValues(ControllerParts parts, ActiveController controller)
    {
        _parts = parts;
        _controller = controller;
        _vectors = new uint[controller.VectorCount];
        _errorRecovery = new uint[parts.Images.Count + 1];
        _values[(int)FeatureId.Arbitration] = NoArbitrationLimit;
        _values[(int)FeatureId.VolatileWriteCache] = WriteCacheEnabled;
    }

    /// <summary>Timestamp (5.27.1.11), as it lies in memory: the time that was set, or 0 at the reset, and what has passed since.</summary>
    public ulong Timestamp
    {
        get
        {
            var passed = (ulong)Stopwatch.GetElapsedTime(_timestampSince).TotalMilliseconds;
            return (((_timestamp & TimestampMask) + passed) & TimestampMask) | (_timestamp & ~TimestampMask);
        }

        set
        {
            _timestamp = value & TimestampMask | TimestampIsSet;
            _timestampSince = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Whether writes may be acknowledged before they are where a power cut leaves them (5.27.1.4).</summary>
    public bool IsWriteCacheEnabled => (_values[(int)FeatureId.VolatileWriteCache] & WriteCacheEnabled) != 0;

    /// <summary>Whether the temperature is beyond a threshold (5.27.1.3).</summary>
    public bool IsTemperatureCritical => _parts.Health.TemperatureInKelvin >= _hottest || _parts.Health.TemperatureInKelvin <= _coldest;

    /// <summary>Whether there is a feature.</summary>
    public static bool IsSupported(FeatureId id) => id is FeatureId.Arbitration or FeatureId.PowerManagement or FeatureId.TemperatureThreshold
        or FeatureId.ErrorRecovery or FeatureId.VolatileWriteCache or FeatureId.NumberOfQueues or FeatureId.InterruptCoalescing
        or FeatureId.InterruptVectorConfiguration or FeatureId.WriteAtomicityNormal or FeatureId.AsyncEventConfiguration or FeatureId.Timestamp
        or FeatureId.KeepAliveTimer or FeatureId.CommandSetProfile;

    /// <summary>Whether a feature has a value for each namespace.</summary>
    public static bool BelongsToNamespace(FeatureId id) => id == FeatureId.ErrorRecovery;

    /// <summary>The value that holds, of a feature whose value is DW0 of the completion.</summary>
    /// <param name="id">The feature.</param>
    /// <param name="space">The namespace, where the feature has a value for each.</param>
    /// <param name="selector">CDW11, which tells more of some features.</param>
    /// <param name="result">The value.</param>
    public NvmeStatus TryGet(FeatureId id, uint space, uint selector, out uint result)
    {
        result = 0;
        switch (id)
        {
            case FeatureId.TemperatureThreshold:
                return TryGetThreshold(selector, _hottest, _coldest, out result);
            case FeatureId.InterruptVectorConfiguration when (selector & 0xffff) >= (uint)_vectors.Length:
                return NvmeStatus.Final(StatusCode.InvalidField);
            case FeatureId.InterruptVectorConfiguration:
                result = selector & 0xffff | _vectors[selector & 0xffff];
                break;
            case FeatureId.NumberOfQueues:
                result = AllocatedQueues;
                break;
            default:
                result = id switch
                {
                    FeatureId.ErrorRecovery => _errorRecovery[space],
                    FeatureId.AsyncEventConfiguration => _controller.EventConfiguration,
                    _ => _values[(int)id],
                };
                break;
        }

        return NvmeStatus.Success;
    }

    /// <summary>The value that a reset brings, of a feature whose value is DW0 of the completion.</summary>
    public NvmeStatus TryGetDefault(FeatureId id, uint selector, out uint result)
    {
        result = 0;
        switch (id)
        {
            case FeatureId.TemperatureThreshold:
                return TryGetThreshold(selector, ControllerHealth.WarningTemperatureInKelvin, 0, out result);
            case FeatureId.InterruptVectorConfiguration when (selector & 0xffff) >= (uint)_vectors.Length:
                return NvmeStatus.Final(StatusCode.InvalidField);
            default:
                result = id switch
                {
                    FeatureId.Arbitration => NoArbitrationLimit,
                    FeatureId.VolatileWriteCache => WriteCacheEnabled,
                    FeatureId.InterruptVectorConfiguration => selector & 0xffff,
                    FeatureId.NumberOfQueues => Pairs(_parts.Options.MaxQueuePairs),
                    _ => 0,
                };
                return NvmeStatus.Success;
        }
    }

    /// <summary>Sets a feature whose value is CDW11.</summary>
    /// <param name="id">The feature.</param>
    /// <param name="space">The namespace, or all, where the feature has a value for each.</param>
    /// <param name="value">CDW11.</param>
    /// <param name="result">DW0 of the completion.</param>
    public NvmeStatus TrySet(FeatureId id, uint space, uint value, out uint result)
    {
        result = 0;
        switch (id)
        {
            case FeatureId.TemperatureThreshold:
                return TrySetThreshold(value);
            case FeatureId.NumberOfQueues:
                return TryAllocateQueues(value, out result);
            // NPSS: there is one power state. NLBAF, NSFEAT: deallocated blocks are not told from others.
            case FeatureId.PowerManagement when (value & 0x1f) != 0:
            case FeatureId.ErrorRecovery when (value & ReportsDeallocatedBlocks) != 0:
            case FeatureId.InterruptVectorConfiguration when (value & 0xffff) >= (uint)_vectors.Length:
                return NvmeStatus.Final(StatusCode.InvalidField);
            case FeatureId.CommandSetProfile when (value & 0x1ff) != 0:
                return NvmeStatus.Final(StatusCode.CommandSetCombinationRejected);
            case FeatureId.InterruptVectorConfiguration:
                _vectors[value & 0xffff] = value & 1 << 16;
                break;
            case FeatureId.ErrorRecovery:
                SetErrorRecovery(space, value);
                break;
            case FeatureId.AsyncEventConfiguration:
                _controller.EventConfiguration = value;
                break;
            case FeatureId.VolatileWriteCache when (value & WriteCacheEnabled) == 0 && IsWriteCacheEnabled:
                // What was acknowledged with the cache is to be as safe as what comes without it.
                if (_parts.Io.FlushAll() is { IsSuccess: false } failure)
                    return failure;
                _values[(int)id] = value;
                break;
            case FeatureId.KeepAliveTimer:
                _values[(int)id] = _controller.KeepAlive(value);
                break;
            default:
                _values[(int)id] = value;
                break;
        }

        return NvmeStatus.Success;
    }

    private uint AllocatedQueues => Pairs(_controller.AllocatedQueuePairs);

    // NCQA in 31:16 and NSQA in 15:0, each less one.
    private static uint Pairs(int count) => (uint)(count - 1) << 16 | (uint)(count - 1);

    // 5.27.1.5: to be set once, before there are queues.
    private NvmeStatus TryAllocateQueues(uint value, out uint result)
    {
        result = 0;
        var submissions = value & 0xffff;
        var completions = value >> 16;
        if (submissions == LowestReservedQueueCount || completions == LowestReservedQueueCount)
            return NvmeStatus.Final(StatusCode.InvalidField);
        if (_controller.HasIoQueues)
            return NvmeStatus.Final(StatusCode.CommandSequenceError);
        _controller.AllocatedQueuePairs = (int)Math.Min(Math.Max(submissions, completions) + 1, (uint)_parts.Options.MaxQueuePairs);
        result = AllocatedQueues;
        return NvmeStatus.Success;
    }

    private static NvmeStatus TryGetThreshold(uint selector, uint hottest, uint coldest, out uint result)
    {
        var sensor = (int)(selector >> 16 & 0xf);
        var isUnder = (selector >> 20 & 3) == 1;
        result = sensor == CompositeSensor ? isUnder ? coldest : hottest : 0;
        return sensor > LastSensor || (selector >> 20 & 3) > 1 ? NvmeStatus.Final(StatusCode.InvalidField) : NvmeStatus.Success;
    }

    // Of the sensors there is the composite one; others may be set, and never reach anything.
    private NvmeStatus TrySetThreshold(uint value)
    {
        var sensor = (int)(value >> 16 & 0xf);
        var kind = value >> 20 & 3;
        if ((sensor > LastSensor && sensor != EverySensor) || kind > 1)
            return NvmeStatus.Final(StatusCode.InvalidField);
        if (sensor is not (CompositeSensor or EverySensor))
            return NvmeStatus.Success;
        if (kind == 1)
            _coldest = value & 0xffff;
        else
            _hottest = value & 0xffff;
        _controller.CheckTemperature();
        return NvmeStatus.Success;
    }

    private void SetErrorRecovery(uint space, uint value)
    {
        if (space == EveryNamespace)
            _errorRecovery.AsSpan().Fill(value);
        else
            _errorRecovery[space] = value;
    }
}
