namespace VfioSharp.Conformance.Trials;

/// <summary>Numbers of the specification and of include/uapi/linux/vfio.h, which it refers to.</summary>
internal static class Numbers
{
    public const int HeaderSize = 16;

    /// <summary>The default of max_data_xfer_size.</summary>
    public const uint DefaultTransfer = 1 << 20;

    public const uint ConfigRegion = 7;

    public const uint DmaRead = 1 << 0;
    public const uint DmaWrite = 1 << 1;
    public const uint DmaReadWrite = DmaRead | DmaWrite;

    public const uint UnmapGetDirty = 1 << 0;
    public const uint UnmapAll = 1 << 1;

    public const uint DeviceReset = 1 << 0;
    public const uint DevicePci = 1 << 1;

    public const uint RegionRead = 1 << 0;
    public const uint RegionWrite = 1 << 1;
    public const uint RegionMmap = 1 << 2;
    public const uint RegionCaps = 1 << 3;

    public const ushort CapabilitySparseMmap = 1;

    public const uint IrqIntx = 0;
    public const uint IrqMsi = 1;
    public const uint IrqMsix = 2;
    public const uint IrqError = 3;
    public const uint IrqRequest = 4;

    public const uint IrqEventFd = 1 << 0;
    public const uint IrqMaskable = 1 << 1;

    public const uint SetNone = 1 << 0;
    public const uint SetBool = 1 << 1;
    public const uint SetEventFd = 1 << 2;
    public const uint SetMask = 1 << 3;
    public const uint SetUnmask = 1 << 4;
    public const uint SetTrigger = 1 << 5;

    public const uint FeatureMigration = 1;
    public const uint FeatureMigrationState = 2;
    public const uint FeatureLoggingStart = 6;
    public const uint FeatureLoggingStop = 7;
    public const uint FeatureLoggingReport = 8;
    public const uint FeatureGet = 1 << 16;
    public const uint FeatureSet = 1 << 17;
    public const uint FeatureProbe = 1 << 18;

    public const uint StateError = 0;
    public const uint StateStop = 1;
    public const uint StateRunning = 2;
    public const uint StateStopCopy = 3;
    public const uint StateResuming = 4;
    public const uint StateRunningP2P = 5;
    public const uint StatePreCopy = 6;
    public const uint StatePreCopyP2P = 7;

    public const ulong MigrationStopCopy = 1 << 0;
    public const ulong MigrationPreCopy = 1 << 2;
}
