using VfioSharp.Backends.VfioUser;
using VfioSharp.Dma;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Regions;
using DmaAccess = VfioSharp.Backends.DmaAccess;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>The library's own client and its own server, through a socket in the file system: the whole way of a driver.</summary>
public sealed class OwnClientTests : IDisposable
{
    private const ulong TriggerRegister = 0x10;
    private const ulong DmaSource = 0x40;
    private const ulong DmaDestination = 0x48;
    private const ulong DmaLength = 0x50;
    private const ulong DmaCommand = 0x54;
    private const ulong DmaStatus = 0x58;
    private const uint FromMemoryToMemory = 3;
    private const uint WithInterrupt = 1 << 8;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("own-client-");
    private readonly ScratchFunction _function = new();
    private VfioUserServer _server;

    public OwnClientTests() => _server = VfioUserServer.Listen(_function, SocketPath);

    private string SocketPath => Path.Combine(_folder.FullName, "cntrl");

    public void Dispose()
    {
        _server.Dispose();
        _function.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Registers_answer_by_messages_and_shared_memory_by_loads_and_stores()
    {
        using var device = Open();
        using var registers = device.Regions[0].Open(new WindowOptions { LengthInBytes = 0x1000, OnFault = OnFault.Throw });
        using var shared = device.Regions[0].Open(new WindowOptions { Offset = 0x1000, LengthInBytes = 0x2000, OnFault = OnFault.Throw });
        using var byMessage = device.Regions[0].Open(new WindowOptions { Offset = 0x1000, LengthInBytes = 0x2000, Path = AccessPath.Message });

        Assert.Equal(AccessPath.Message, registers.Plan.Path);
        Assert.Equal(AccessPath.LoadStore, shared.Plan.Path);
        Assert.Equal(0x54524353u, registers.Read32(0));
        shared.Write64(0x1ff8, 0x0123456789abcdef);
        Assert.Equal(0x0123456789abcdeful, byMessage.Read64(0x1ff8));
        byMessage.Write16(0x10, 0xbeef);
        Assert.Equal(0xbeef, shared.Read16(0x10));
    }

    [Fact]
    public void The_line_of_edu_is_let_through_by_an_eventfd_that_the_server_watches()
    {
        using var edu = new EduFunction();
        using var server = VfioUserServer.Listen(edu, Path.Combine(_folder.FullName, "edu"));
        using var device = VfioDevice.Open($"vfio-user:{server.Path}");
        using var registers = device.Regions[0].Open();
        using var vectors = device.Interrupts.Intx.Enable();
        var line = vectors[0];
        registers.Write32(0x60, 1);
        Assert.True(line.Wait(TimeSpan.FromSeconds(5)));
        using var resample = vectors.ConnectResample();
        for (var i = 0; i < 3; i++)
        {
            // Nobody has acknowledged it.
            resample.Signal();
            Assert.True(line.Wait(TimeSpan.FromSeconds(5)));
        }

        registers.Write32(0x64, 1);
        // The line goes down behind the answer to the write, and before the next one.
        _ = registers.Read32(0);
        resample.Signal();
        _ = registers.Read32(0);
        Assert.False(line.TryTake(out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_vector_that_the_function_fires_arrives(bool isMsi)
    {
        using var device = Open();
        using var registers = device.Regions[0].Open(new WindowOptions { LengthInBytes = 0x1000, OnFault = OnFault.Throw });
        device.Config.EnableBusMaster();
        using var vectors = (isMsi ? device.Interrupts.Msi : device.Interrupts.Msix).Enable(ScratchFunction.VectorCount);
        for (var vector = 0; vector < ScratchFunction.VectorCount; vector++)
        {
            registers.Write32(TriggerRegister, (uint)vector);
            Assert.True(vectors[vector].Wait(TimeSpan.FromSeconds(5), out var count), $"Vector {vector} did not arrive.");
            Assert.Equal(1ul, count);
        }
    }

    [Theory]
    [InlineData(DmaBacking.SharedFile)]
    [InlineData(DmaBacking.Anonymous)]
    public void The_function_moves_memory_with_a_file_and_without(DmaBacking backing)
    {
        using var device = Open();
        using var registers = device.Regions[0].Open(new WindowOptions { LengthInBytes = 0x1000, OnFault = OnFault.Throw });
        using var source = DmaBuffer.Allocate(65536, backing: backing);
        using var destination = DmaBuffer.Allocate(65536, backing: backing);
        using var from = device.Dma.Map(source, DmaAccess.Read);
        using var to = device.Dma.Map(destination, DmaAccess.Write);
        new Random(1).NextBytes(source.Span);
        device.Config.EnableBusMaster();
        using var vectors = device.Interrupts.Msix.Enable(2);

        registers.Write64(DmaSource, from.IovaAt(5).Value);
        registers.Write64(DmaDestination, to.Iova.Value);
        registers.Write32(DmaLength, 60000);
        registers.Write32(DmaCommand, FromMemoryToMemory | WithInterrupt | 1 << 16);

        Assert.True(vectors[1].Wait(TimeSpan.FromSeconds(10)));
        Assert.Equal(2u, registers.Read32(DmaStatus));
        Assert.True(source.Span[5..60005].SequenceEqual(destination.Span[..60000]));
    }

    [Fact]
    public void A_server_that_ends_is_noticed_and_one_that_comes_again_is_opened_again()
    {
        using (var device = Open())
        {
            using var shared = device.Regions[0].Open(new WindowOptions { Offset = 0x1000, LengthInBytes = 0x2000 });
            shared.Write32(0, 1);
            _server.Dispose();
            Assert.True(SpinWait.SpinUntil(() => shared.Read32(0) == uint.MaxValue, 5000));
            Assert.Equal(VfioUserFailure.ServerClosed, Assert.Throws<VfioUserException>(device.Reset).Failure);
            Assert.Equal(Errno.ENOENT, Assert.Throws<VfioException>(Open).Errno);
        }

        _server = VfioUserServer.Listen(_function, SocketPath);
        using var again = Open();
        Assert.Equal(0x1af4, again.Config.VendorId);
    }

    [Fact]
    public void Several_threads_use_one_connection()
    {
        using var device = Open();
        using var window = device.Regions[0].Open(new WindowOptions { Offset = 0x3000, LengthInBytes = 0x1000, OnFault = OnFault.Throw });
        Parallel.For(0, 4, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, thread =>
        {
            for (var i = 0u; i < 500; i++)
            {
                window.Write32((ulong)thread * 4, i);
                Assert.Equal(i, window.Read32((ulong)thread * 4));
            }
        });
    }

    private VfioDevice Open() => VfioDevice.Open($"vfio-user:{_folder.FullName}");
}
