namespace VfioSharp.Emulation.Functions;

/// <summary>In what form block stores reach an <see cref="IsmFunction"/>.</summary>
public enum IsmStoreForm
{
    /// <summary>As block stores, each as a whole. Register writes are not block stores, and are lost.</summary>
    Block,

    /// <summary>
    /// As writes of 8 bytes in ascending order, as a virtual machine makes them of a store to the file of the device: each counts as a block store of
    /// 8 bytes. Where a block ends is not to be seen, so that a command is executed when its answer is read.
    /// </summary>
    EightBytes,

    /// <summary>
    /// As <see cref="EightBytes"/>, with the 8 bytes of each write in reverse order, as QEMU 11.1 on a little-endian host makes them of PCI Store
    /// Block of a guest on IBM Z (hw/s390x/s390-pci-inst.c, pcistb_service_call()); they are turned back.
    /// </summary>
    ReversedEightBytes,
}
