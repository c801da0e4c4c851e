using System.Buffers;

namespace VfioSharp.Emulation;

/// <summary>
/// For functions that can be moved, while they run, from one host to another: what a function keeps itself, beside configuration space, the
/// MSI-X table and shared memory, which its base class moves. A function that is asked has been stopped: no access is under way, and
/// <see cref="PciFunction.DoWork"/> has nothing left to do but what is in the state.
/// </summary>
public interface IMigratable
{
    /// <summary>Writes what <see cref="LoadRegisters"/> needs to go on from here, in the function's own format: little-endian, so that hosts of either byte order read it.</summary>
    /// <param name="destination">Takes the bytes.</param>
    public void SaveRegisters(IBufferWriter<byte> destination);

    /// <summary>
    /// Goes on where another function of the same kind was. The bytes come from another machine and may be anything: everything is looked at
    /// before anything is changed. Work that was under way is asked for again (<see cref="PciFunction.RequestWork"/>).
    /// </summary>
    /// <param name="state">What <see cref="SaveRegisters"/> wrote, in this version of the program or in another.</param>
    /// <exception cref="InvalidDataException">They are not that; the function is as it was.</exception>
    public void LoadRegisters(ReadOnlySpan<byte> state);
}
