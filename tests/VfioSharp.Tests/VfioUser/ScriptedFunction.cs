using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Tests.VfioUser;

/// <summary>
/// A small PCI function behind a scripted server: BAR0 of bytes that hold what is written, BAR2 of shared memory, configuration space with an MSI-X capability whose
/// table lies in BAR0. A test changes what it wants otherwise.
/// </summary>
internal sealed class ScriptedFunction : IDisposable
{
    public const int BarLength = 8192;
    public const int MsixOffset = 0x40;
    public const int TableOffset = 0x800;
    public const int VectorCount = 4;

    private readonly string _fileName = $"scripted-{Guid.NewGuid():n}";
    private readonly Dictionary<uint, byte[]> _memory = new() { [0] = new byte[BarLength], [2] = new byte[BarLength], [7] = new byte[256] };

    public ScriptedFunction(ulong sharedLength = BarLength)
    {
        SharedFile = Libc.memfd_create(_fileName, Libc.MFD_CLOEXEC);
        Assert.Equal(0, Libc.ftruncate(SharedFile, (long)sharedLength));
        FillConfig();
        for (var vector = 0; vector < VectorCount; vector++)
            _memory[0][TableOffset + vector * 16 + 12] = 1;
        Server.On(VfioUserCommand.DeviceGetInfo, static _ => Answer.Of(new DeviceInfoMessage { ArgumentSize = 16, Flags = 3, RegionCount = 9, IrqCount = 5 }));
        Server.On(VfioUserCommand.DeviceGetRegionInfo, request => DescribeRegion(request.As<VfioRegionInfo>().Index));
        Server.On(VfioUserCommand.DeviceGetIrqInfo, static request => DescribeInterrupt(request.As<VfioIrqInfo>().Index));
        Server.On(VfioUserCommand.RegionRead, Read);
        Server.On(VfioUserCommand.RegionWrite, Write);
        Server.On(VfioUserCommand.DeviceSetIrqs, SetIrqs);
        Server.On(VfioUserCommand.DmaMap, static _ => new Answer([]));
        Server.On(VfioUserCommand.DmaUnmap, static request => new Answer(request.Payload));
        Server.On(VfioUserCommand.DeviceReset, static _ => new Answer([]));
    }

    public ScriptedServer Server { get; } = new();

    public FileDescriptor SharedFile { get; }

    /// <summary>The eventfds that are connected.</summary>
    public ConcurrentDictionary<(uint Index, uint Vector), FileDescriptor> EventFds { get; } = new();

    public byte[] this[uint region] => _memory[region];

    /// <summary>Opens it as a device; the caller owns that.</summary>
    public VfioDevice Open(VfioOptions? options = null)
    {
        Server.Start();
        options ??= new VfioOptions { RequestTimeout = TimeSpan.FromSeconds(5) };
        var address = DeviceAddress.Parse("vfio-user:/scripted");
        return VfioDevice.Open(address, VfioUserDeviceBackend.Open(Server.Client, address.ToString(), options), options);
    }

    public IEnumerable<Request> RequestsOf(VfioUserCommand command) => Server.Requests.Where(request => request.Header.Command == command);

    public static Answer Region(uint index, ulong size, uint flags, ulong offset = 0, params int[] fds) =>
        Answer.Of(new VfioRegionInfo { ArgumentSize = 32, Flags = flags, Index = index, Size = size, Offset = offset }) with { Fds = fds };

    public Answer DescribeRegion(uint index) => index switch
    {
        0 => Region(0, BarLength, 3),
        2 => Region(2, BarLength, 7, 0, SharedFile.Number),
        7 => Region(7, 256, 3),
        _ => Region(index, 0, 0),
    };

    /// <summary>How many descriptors of the shared file this process has, its own included.</summary>
    public int CountDescriptorsOfSharedFile() => Directory.GetFiles("/proc/self/fd")
        .Count(path => new FileInfo(path).LinkTarget?.Contains(_fileName, StringComparison.Ordinal) == true);

    public void Fire(uint index, uint vector)
    {
        Assert.True(EventFds.TryGetValue((index, vector), out var fd), $"Vector {vector} of index {index} is not connected.");
        unsafe
        {
            ulong one = 1;
            Assert.Equal(sizeof(ulong), Libc.write(fd, &one, sizeof(ulong)));
        }
    }

    public void Dispose()
    {
        Server.Dispose();
        SharedFile.Dispose();
    }

    private static Answer DescribeInterrupt(uint index) => Answer.Of(new VfioIrqInfo
    {
        ArgumentSize = 16,
        Flags = index == 2 ? 1u : index == 0 ? 7u : 0,
        Index = index,
        Count = index == 2 ? VectorCount : index == 0 ? 1u : 0,
    });

    private Answer Read(Request request)
    {
        var access = request.As<RegionAccessMessage>();
        return new Answer([.. ScriptedServer.Bytes(access), .. _memory[access.Region].AsSpan((int)access.Offset, (int)access.Count)]);
    }

    private Answer Write(Request request)
    {
        var access = request.As<RegionAccessMessage>();
        request.Payload.AsSpan(RegionAccessMessage.SizeInBytes).CopyTo(_memory[access.Region].AsSpan((int)access.Offset));
        return Answer.Of(access);
    }

    private Answer SetIrqs(Request request)
    {
        var set = request.As<VfioIrqSet>();
        if ((set.Flags & VfioIrqSet.DataEventFd) != 0)
        {
            if (request.Fds.Length != 0 && request.Fds.Length != set.Count)
                return Answer.Refusal(Errno.EINVAL);
            for (var i = 0u; i < set.Count; i++)
            {
                EventFds.TryRemove((set.Index, set.Start + i), out _);
                if (request.Fds.Length > 0)
                    EventFds[(set.Index, set.Start + i)] = request.Fds[i];
            }
        }
        else if (set.Count == 0)
        {
            foreach (var key in EventFds.Keys.Where(key => key.Index == set.Index))
                EventFds.TryRemove(key, out _);
        }

        return new Answer([]);
    }

    private void FillConfig()
    {
        var config = _memory[7].AsSpan();
        MemoryMarshal.Write(config, 0x5678_1234u);
        config[6] = 0x10;
        config[0x34] = MsixOffset;
        config[MsixOffset] = 0x11;
        config[MsixOffset + 2] = VectorCount - 1;
        config[MsixOffset + 3] = 0x40;
        MemoryMarshal.Write(config[(MsixOffset + 4)..], (uint)TableOffset);
        MemoryMarshal.Write(config[(MsixOffset + 8)..], (uint)TableOffset + 0x400);
    }
}
