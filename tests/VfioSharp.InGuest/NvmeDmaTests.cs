using System.Buffers.Binary;
using System.Text;
using VfioSharp.Dma;

namespace VfioSharp.InGuest;

/// <summary>A command from end to end: queue and data by DMA, doorbell by a register, completion by an interrupt.</summary>
public sealed class NvmeDmaTests
{
    private const int SerialNumber = 4, SerialNumberInBytes = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void The_controller_identifies_itself()
    {
        using var controller = new NvmeAdminQueue();
        using var buffer = DmaBuffer.Allocate(2 * NvmeAdminQueue.PageInBytes);
        using var mapping = controller.Device.Dma.Map(buffer);

        Assert.Equal(0, controller.IdentifyTo(mapping.Iova));
        Assert.Equal(0, controller.IdentifyTo(mapping.IovaAt(NvmeAdminQueue.PageInBytes)));

        var first = buffer.Span[..NvmeAdminQueue.PageInBytes];
        Assert.Equal(controller.Device.Config.VendorId, BinaryPrimitives.ReadUInt16LittleEndian(first));
        // guest/run gives the drive its device's name.
        Assert.Equal("nvme", Encoding.ASCII.GetString(first.Slice(SerialNumber, SerialNumberInBytes).ToArray()).TrimEnd());
        Assert.True(first.SequenceEqual(buffer.Span[NvmeAdminQueue.PageInBytes..]));
    }

    [Fact]
    public void DMA_to_an_unmapped_address_changes_no_memory_and_harms_nothing()
    {
        Assert.SkipWhen(Guest.IsIbmZ, "on IBM Z the function goes into its error state instead");
        using var controller = new NvmeAdminQueue();
        using var buffer = DmaBuffer.Allocate(NvmeAdminQueue.PageInBytes);
        var mapping = controller.Device.Dma.Map(buffer);
        mapping.Dispose();

        // What the status says of it is the controller's affair: QEMU's says that all went well.
        _ = controller.IdentifyTo(mapping.Iova);
        Assert.All(buffer.Span.ToArray(), value => Assert.Equal(0, value));

        using var again = controller.Device.Dma.Map(buffer);
        Assert.Equal(0, controller.IdentifyTo(again.Iova));
        Assert.Equal(controller.Device.Config.VendorId, BinaryPrimitives.ReadUInt16LittleEndian(buffer.Span));
    }

    // arch/s390/pci/pci_event.c: firmware blocks the function and reports an error, which the kernel hands on to vfio-pci.
    [Fact]
    public void On_IBM_Z_DMA_to_an_unmapped_address_raises_the_error_event_and_a_reset_brings_the_registers_back()
    {
        Assert.SkipUnless(Guest.IsIbmZ, "only IBM Z blocks a function whose DMA went astray");
        using (var controller = new NvmeAdminQueue())
        {
            var registers = controller.Registers;
            using var buffer = DmaBuffer.Allocate(NvmeAdminQueue.PageInBytes);
            var mapping = controller.Device.Dma.Map(buffer);
            mapping.Dispose();
            using var error = controller.Device.Interrupts.Error.Enable();

            controller.Submit(mapping.Iova);

            Assert.True(error[0].Wait(Patience), $"the error event was not raised within {Patience.TotalSeconds} s");
            Assert.All(buffer.Span.ToArray(), value => Assert.Equal(0, value));
            if (!Guest.RecoversFunctions)
            {
                Assert.Equal(uint.MaxValue, registers.Read32(NvmeAdminQueue.Version));
                Assert.Equal(1, registers.FaultCount);
            }

            controller.Device.Reset();
            controller.Device.Config.EnableMemory();
            Assert.Equal(0x0001_0400u, registers.Read32(NvmeAdminQueue.Version) & 0xffff_ff00u);
        }

        if (!Guest.RecoversFunctions)
            Guest.Recover("nvme");
        The_controller_identifies_itself();
    }
}
