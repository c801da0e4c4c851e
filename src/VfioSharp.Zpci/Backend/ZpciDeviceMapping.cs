using VfioSharp.Mmio;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Backend;

/// <summary>A mapping of a BAR in the address space of a modelled process. Its addresses are never given to another mapping.</summary>
internal sealed class ZpciDeviceMapping : DeviceMapping
{
    private readonly UserAddressSpace _memory;
    private readonly object _gate;

    public ZpciDeviceMapping(UserAddressSpace memory, object gate, nuint address, ulong lengthInBytes, MappingAccess access)
        : base(lengthInBytes, access)
    {
        _memory = memory;
        _gate = gate;
        Address = address;
    }

    /// <inheritdoc/>
    protected override nuint Address { get; }

    /// <inheritdoc/>
    protected override void Remove()
    {
        lock (_gate)
            _memory.Unmap(Address, LengthInBytes);
    }
}
