using System.Buffers.Binary;
using VfioSharp.Emulation;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci.Tests.Fakes;

/// <summary>A host with one function, opened through vfio-pci by a process that has a page for buffers.</summary>
internal sealed class HostUnderTest
{
    public const Protection ReadWrite = Protection.Read | Protection.Write;

    public HostUnderTest(string description, PciFunction? device = null, ZpciFunctionOptions? options = null, ZpciHostOptions? hostOptions = null)
    {
        Host = new ZpciHost(ZpciHostDescription.Parse(description), hostOptions);
        Function = Host.Plug(device ?? new NvmeFunction(), options);
        Process = Host.StartProcess();
        Buffer = (ulong)Process.AllocateMemory(2 * UserAddressSpace.PageSize).Value;
    }

    public ZpciHost Host { get; }

    public ZpciFunction Function { get; }

    public UserProcess Process { get; }

    /// <summary>Two pages of memory.</summary>
    public ulong Buffer { get; }

    public VfioPciDevice Open(VfioWay way = VfioWay.Group) => Host.OpenVfio(Function, way);

    public ulong MapBar(VfioPciDevice device, ulong length = 0x4000, Protection protection = ReadWrite, ulong offset = 0)
    {
        var address = Process.Memory.Map(device, offset, length, protection, MapFlags.Shared);
        Assert.False(address.IsError, address.ToString());
        return (ulong)address.Value;
    }

    public KernelResult SysRead(ulong address, int length, out byte[] data)
    {
        data = new byte[length];
        Array.Fill(data, (byte)0xa5);
        Process.Poke(Buffer, data);
        var result = Process.MmioRead(address, Buffer, (ulong)length);
        Process.Peek(Buffer, data);
        return result;
    }

    public KernelResult SysWrite(ulong address, params byte[] data)
    {
        Process.Poke(Buffer, data);
        return Process.MmioWrite(address, Buffer, (ulong)data.Length);
    }

    public static void SetMemory(VfioPciDevice device, bool isEnabled)
    {
        Span<byte> command = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(command, isEnabled ? (ushort)6 : (ushort)4);
        Assert.Equal(2, device.Write((7ul << 40) + 4, command).Value);
    }
}
