using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// A function that another process serves over a socket (docs/interop/vfio-user.rst): registers by messages, or by loads and stores where the server
/// shares their memory; DMA by passing the memory's files; interrupts by eventfds.
/// </summary>
/// <remarks>
/// When the connection ends, which is noticed within a moment also where only loads and stores are made, shared memory is taken out of the process, so that
/// each access fails instead of reading what nobody serves any more; and the error and the request interrupt fire, which this backend has for that purpose whether
/// the server knows them or not. Waits for other interrupts do not end by themselves, as they do not for a card that is pulled out: wait with the token of
/// <see cref="DeviceInterrupts.GetHostWantsDeviceBackToken"/>.
/// </remarks>
internal sealed partial class VfioUserDeviceBackend : DeviceBackend
{
    /// <summary>More regions, or more interrupts, than this are not believed.</summary>
    private const uint MostOfAKind = 4096;

    private readonly VfioUserConnection _connection;
    private readonly VfioUserDmaBackend _dma;
    private DeviceDescription? _description;

    private VfioUserDeviceBackend(VfioUserConnection connection)
    {
        _connection = connection;
        _dma = new VfioUserDmaBackend(connection);
        connection.Ended = OnConnectionEnded;
        Interlocked.MemoryBarrier();
        // It may have ended before there was anybody to tell.
        if (connection.End is not null)
            OnConnectionEnded();
    }

    /// <inheritdoc/>
    public override string Name => DeviceAddress.VfioUserScheme;

    /// <inheritdoc/>
    public override DmaBackend Dma => _dma;

    /// <inheritdoc/>
    public override AccessPath RequestPath => AccessPath.Message;

    // What is mapped is memory of another process: neither IBM Z's system calls nor its instructions reach it.
    /// <inheritdoc/>
    public override DeviceHost Host { get; } = DeviceHost.Local with { HasMioInstructions = false, Syscalls = null, Instructions = null };

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket; owned by the backend, and disposed of where this throws.</param>
    /// <param name="device">The device's address, for messages.</param>
    /// <param name="options">How; the time-out and what else concerns messages.</param>
    /// <inheritdoc cref="VfioUserConnection.Open" path="/exception"/>
    public static VfioUserDeviceBackend Open(UnixSocket socket, string device, VfioOptions options) =>
        new(VfioUserConnection.Open(socket, device, options));

    /// <inheritdoc/>
    public override string? ExplainLoss() => _connection.End?.Explanation;

    /// <inheritdoc/>
    public override DeviceDescription Describe()
    {
        if (Volatile.Read(ref _description) is { } known)
            return known;
        const string operation = "ask what the device is";
        var question = new DeviceInfoMessage { ArgumentSize = DeviceInfoMessage.SizeInBytes };
        var errno = Ask(operation, VfioUserCommand.DeviceGetInfo, question, DeviceInfoMessage.SizeInBytes, out var info);
        if (errno != Errno.None)
            throw new VfioException(operation, _connection.Device, errno);
        RequireCount(operation, info.RegionCount, "regions");
        RequireCount(operation, info.IrqCount, "interrupts");
        var description = new DeviceDescription(
            SupportsReset: (info.Flags & VfioDeviceInfo.FlagReset) != 0,
            IsPci: (info.Flags & VfioDeviceInfo.FlagPci) != 0,
            RegionCount: (int)info.RegionCount,
            InterruptCount: (int)info.IrqCount,
            Capabilities: []);
        Volatile.Write(ref _description, description);
        return description;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _connection.Dispose();
        DisposeRegions();
        DisposeSignals();
    }

    private void OnConnectionEnded()
    {
        TakeMappingsAway();
        SignalLoss();
    }

    // For requests whose reply is the same structure.
    private Errno Ask<T>(string operation, VfioUserCommand command, T question, int sizeInBytes, out T answer)
        where T : unmanaged
    {
        var errno = _connection.Ask(
            operation, command, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref question, 1)), [], (sizeInBytes, sizeInBytes), out var reply);
        answer = errno == Errno.None ? MemoryMarshal.Read<T>(reply) : default;
        return errno;
    }

    private void RequireCount(string operation, uint count, string what)
    {
        if (count > MostOfAKind)
            throw _connection.Distrust(operation, $"it says that the device has {count} {what}");
    }
}
