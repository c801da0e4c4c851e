using System.Buffers.Binary;
using VfioSharp.Backends;
using VfioSharp.Regions;

namespace VfioSharp.Config;

/// <summary>
/// The configuration space of a PCI function. Each read and write goes to the backend, which for Linux means the kernel: it virtualises
/// parts of it (BARs, some of the command register, MSI and MSI-X) and hides capabilities that it does not know
/// (drivers/vfio/pci/vfio_pci_config.c). Registers are little-endian; values here are numbers of this host. Thread-safe: single accesses
/// are the backend's, and the helpers that change one bit of a register take turns.
/// </summary>
public sealed partial class ConfigSpace
{
    private readonly DeviceBackend _backend;
    private readonly RegionDescription _region;
    private readonly string? _device;

    /// <summary>Shows a configuration space. It owns nothing, and works as long as the backend does.</summary>
    /// <param name="backend">The device's backend.</param>
    /// <param name="region">The description of its region <see cref="RegionIndex.Config"/>.</param>
    /// <param name="device">The device's address for messages, or null.</param>
    /// <exception cref="VfioException">The region is too short to hold a header.</exception>
    internal ConfigSpace(DeviceBackend backend, RegionDescription region, string? device)
    {
        if (region.SizeInBytes < ConfigRegister.HeaderEnd)
        {
            throw new VfioException(
                "read configuration space", device, Errno.None,
                $"the device's region has {region.SizeInBytes} bytes, and a header alone takes {ConfigRegister.HeaderEnd}.");
        }

        _backend = backend;
        _region = region;
        _device = device;
        SizeInBytes = (int)Math.Min(region.SizeInBytes, ConfigRegister.ExtendedEnd);
    }

    /// <summary>The length: 256 for conventional PCI, 4096 for PCI Express.</summary>
    public int SizeInBytes { get; }

    /// <summary>Reads 8 bit.</summary>
    /// <param name="offset">The register's offset.</param>
    /// <returns>The register's value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not within the space, or not a multiple of the width.</exception>
    /// <exception cref="VfioException">The read failed.</exception>
    public byte Read8(int offset)
    {
        Span<byte> bytes = stackalloc byte[1];
        ReadRegister(offset, bytes);
        return bytes[0];
    }

    /// <summary>Reads 16 bit.</summary>
    /// <inheritdoc cref="Read8"/>
    public ushort Read16(int offset)
    {
        Span<byte> bytes = stackalloc byte[2];
        ReadRegister(offset, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Reads 32 bit.</summary>
    /// <inheritdoc cref="Read8"/>
    public uint Read32(int offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        ReadRegister(offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads bytes as they lie in the space, in one request; a kernel makes aligned accesses of at most 32 bit out of it.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within the space.</exception>
    /// <exception cref="VfioException">The read failed.</exception>
    public void Read(int offset, Span<byte> destination)
    {
        RequireInside(offset, destination.Length);
        if (destination.IsEmpty)
            return;
        var errno = _backend.ReadRegion(_region, (ulong)offset, destination);
        if (errno != Errno.None)
            throw new VfioException($"read {destination.Length} bytes at offset 0x{offset:x} of configuration space", _device, errno);
    }

    /// <summary>Writes 8 bit.</summary>
    /// <param name="offset">The register's offset.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not within the space, or not a multiple of the width.</exception>
    /// <exception cref="VfioException">The write failed.</exception>
    public void Write8(int offset, byte value) => WriteRegister(offset, [value]);

    /// <summary>Writes 16 bit.</summary>
    /// <inheritdoc cref="Write8"/>
    public void Write16(int offset, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        WriteRegister(offset, bytes);
    }

    /// <summary>Writes 32 bit.</summary>
    /// <inheritdoc cref="Write8"/>
    public void Write32(int offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        WriteRegister(offset, bytes);
    }

    internal VfioException Failure(string operation, string advice) => new(operation, _device, Errno.None, advice);

    private void ReadRegister(int offset, Span<byte> bytes)
    {
        RequireAligned(offset, bytes.Length);
        Read(offset, bytes);
    }

    private void WriteRegister(int offset, ReadOnlySpan<byte> bytes)
    {
        RequireInside(offset, bytes.Length);
        RequireAligned(offset, bytes.Length);
        var errno = _backend.WriteRegion(_region, (ulong)offset, bytes);
        if (errno != Errno.None)
            throw new VfioException($"write {bytes.Length} bytes at offset 0x{offset:x} of configuration space", _device, errno);
    }

    private void RequireInside(int offset, int lengthInBytes)
    {
        if (offset < 0 || offset > SizeInBytes || lengthInBytes > SizeInBytes - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{lengthInBytes} bytes from there on do not lie in the {SizeInBytes} bytes of configuration space.");
        }
    }

    private static void RequireAligned(int offset, int width)
    {
        if (offset % width != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"A register of {width} bytes lies at a multiple of {width}.");
    }
}
