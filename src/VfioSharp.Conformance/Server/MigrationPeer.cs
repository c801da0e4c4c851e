using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>
/// A connection through which a device is migrated. The device runs when it begins, and is made to run when it ends: a server keeps a device's
/// state from one client to the next.
/// </summary>
internal sealed class MigrationPeer : IDisposable
{
    private const VfioUserCommand Feature = VfioUserCommand.DeviceFeature;

    public MigrationPeer(ServerTrial trial)
    {
        Peer = trial.Open();
        trial.Own(this);
        Recover();
        Expect.Equal(Numbers.StateRunning, State, "the state of the device to begin with");
    }

    public Conversation Peer { get; }

    /// <summary>The state that the device says it is in.</summary>
    public uint State
    {
        get
        {
            var reply = Peer.Accept(Feature, Requests.Feature(Numbers.FeatureGet | Numbers.FeatureMigrationState, argumentSize: 16)).OfLength(16);
            return reply.U32(8);
        }
    }

    /// <summary>Asks for a state, and expects that it is reached.</summary>
    public MigrationPeer Go(uint state)
    {
        var request = Requests.MigrationState(state);
        var reply = Peer.Accept(Feature, request).OfLength(request.Length);
        Expect.Equal(state, reply.U32(8), "device_state of the reply");
        Expect.Equal(state, State, "the state of the device");
        return this;
    }

    /// <summary>Asks for a state, and expects a refusal.</summary>
    public void GoRefused(uint state) => Peer.Refuse(Feature, Requests.MigrationState(state), Errno.EINVAL);

    /// <summary>Reads what the device has to say in a saving state, to the end.</summary>
    public byte[] ReadAll(uint chunkInBytes)
    {
        const int most = 256 << 20;
        var data = new List<byte>();
        while (true)
        {
            var reply = Peer.Accept(VfioUserCommand.MigrationDataRead, Requests.MigrationRead(chunkInBytes));
            var size = reply.U32(4);
            Expect.That(size <= chunkInBytes, $"{size} bytes came, {chunkInBytes} were asked for.");
            Expect.That(reply.Payload.Length >= 8 + size, $"the reply has {reply.Payload.Length} bytes behind its header, and says {size} of data.");
            data.AddRange(reply.Payload.AsSpan(8, (int)size));
            if (size < chunkInBytes)
                return [.. data];
            Expect.That(data.Count <= most, $"the device has more than {most >> 20} MiB of state.");
        }
    }

    public void WriteAll(ReadOnlySpan<byte> data, int chunkInBytes)
    {
        while (!data.IsEmpty)
        {
            var part = data[..Math.Min(chunkInBytes, data.Length)];
            Peer.Accept(VfioUserCommand.MigrationDataWrite, Requests.MigrationWrite(part)).OfLength(0);
            data = data[part.Length..];
        }
    }

    public void Dispose()
    {
        try
        {
            Recover();
        }
        catch (CaseFailedException)
        {
            // The case has ended already, well or not; that the device does not run again makes the next one fail, which says so.
        }
    }

    /// <summary>Makes the device run, by a reset where it cannot be asked for.</summary>
    public void Recover()
    {
        if (State == Numbers.StateRunning)
            return;
        if (Peer.Ask(Feature, Requests.MigrationState(Numbers.StateRunning)).Header.IsError)
            Peer.Ask(VfioUserCommand.DeviceReset, default);
    }
}
