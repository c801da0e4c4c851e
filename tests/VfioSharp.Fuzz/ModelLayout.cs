using System.Buffers.Binary;

namespace VfioSharp.Fuzz;

/// <summary>What a server says that its device is. Immutable.</summary>
internal sealed partial record ModelLayout
{
    public const int RegionCount = 9;
    public const int IrqIndexCount = 5;

    private const int ConfigRegion = 7;
    private const int MsixCapability = 0x40;
    private const int MsiCapability = 0x60;
    private const ushort VectorCount = 4;

    /// <summary>
    /// What is true: a BAR of which a part is shared memory, a BAR that is all shared memory, configuration space, and interrupts of every kind.
    /// </summary>
    public static ModelLayout Honest { get; } = new()
    {
        Regions = MakeRegions(),
        Interrupts = [(7, 1), (1, 2), (1, VectorCount), (9, 1), (9, 1)],
        Config = MakeConfig(),
    };

    /// <summary>The JSON text of the version.</summary>
    public string Version { get; init; } = """{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"migration":{"pgsize":4096}}}""";

    /// <summary>The descriptors that come with the version.</summary>
    public FdKind[] VersionFds { get; init; } = [];

    public uint DeviceFlags { get; init; } = 3;

    public IReadOnlyList<ModelRegion> Regions { get; init; } = [];

    /// <summary>The flags and the number of vectors of each index.</summary>
    public IReadOnlyList<(uint Flags, uint Count)> Interrupts { get; init; } = [];

    public byte[] Config { get; init; } = [];

    /// <summary>The same with a socket for the server's commands.</summary>
    public ModelLayout WithTwinSocket() => this with
    {
        Version = """{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true,"fd_index":0}}}""",
        VersionFds = [FdKind.TwinSocket],
    };

    private static ModelRegion[] MakeRegions()
    {
        var regions = Enumerable.Repeat(ModelRegion.None, RegionCount).ToArray();
        regions[0] = new ModelRegion
        {
            LengthInBytes = 0x8000,
            Flags = ModelRegion.ReadWrite | ModelRegion.Mmap | ModelRegion.HasCapabilities,
            Fds = [FdKind.Memory],
            Chain = SparseAreas(1, 0, (0x1000ul, 0x2000ul)),
            CapabilityOffset = 32,
        };
        regions[2] = new ModelRegion { LengthInBytes = 0x4000, Offset = 0x10000, Flags = ModelRegion.ReadWrite | ModelRegion.Mmap, Fds = [FdKind.Memory] };
        regions[ConfigRegion] = new ModelRegion { LengthInBytes = 256, Flags = ModelRegion.ReadWrite };
        return regions;
    }

    // struct vfio_region_info_cap_sparse_mmap: id 1, version 1, where the next is; areas.
    private static byte[] SparseAreas(ushort id, uint next, params ReadOnlySpan<(ulong Offset, ulong LengthInBytes)> areas)
    {
        var chain = new Payload().Add(id).Add<ushort>(1).U32(next).U32((uint)areas.Length).U32(0);
        foreach (var (offset, length) in areas)
            chain.U64(offset).U64(length);
        return chain.Bytes.ToArray();
    }

    private static byte[] MakeConfig()
    {
        var config = new byte[256];
        BinaryPrimitives.WriteUInt32LittleEndian(config, 0x11e8_1234);
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(6), 0x10);
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(8), 0xff00_0001);
        config[0x34] = MsixCapability;
        config[MsixCapability] = 0x11;
        config[MsixCapability + 1] = MsiCapability;
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(MsixCapability + 2), VectorCount - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(MsixCapability + 4), 0x4000);
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(MsixCapability + 8), 0x5000);
        config[MsiCapability] = 0x05;
        // 64-bit addresses, two vectors.
        config[MsiCapability + 2] = 0x82;
        return config;
    }
}
