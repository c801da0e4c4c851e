using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using VfioSharp.Regions;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>Lines about VFIO_DEVICE_GET_INFO and what its capabilities say of zPCI (include/uapi/linux/vfio_zdev.h), which are read here anew.</summary>
internal sealed class CapabilityRows(RecorderProcess p)
{
    private const int Base = 1;
    private const int Group = 2;
    private const int Path = 4;

    /// <summary>Adds the operations to a dialect.</summary>
    public void AddTo(Action<string, Func<Match, string>> on)
    {
        on("(nvme/group )?device_info:? ", _ =>
        {
            var info = p.Device.GetInfo();
            return string.Create(CultureInfo.InvariantCulture, $"ret=0 flags=0x{info.Flags:x} regions={info.RegionCount} irqs={info.InterruptCount}");
        });
        on("nvme/group devcap: ZPCI_BASE ", _ =>
            $"ver={Find(Base).Version} {Window()} {Hex("pchid", U16(Base, 16))} {Hex("vfn", U16(Base, 18))} fmb_len={U16(Base, 20)} {Kind()}");
        on("nvme/group devcap: ZPCI_GROUP ", _ =>
            $"ver={Find(Group).Version} {Hex("dasm", U64(Group, 0))} {Hex("msi_addr", U64(Group, 8))} {Hex("flags", U64(Group, 16))} "
            + $"mui={U16(Group, 24)} noi={U16(Group, 26)} maxstbl={U16(Group, 28)} version={U8(Group, 30)} reserved/imaxstbl={U16(Group, 32)}");
        on("nvme/group devcap: ZPCI_PFIP ", _ => $"size={U32(Path, 0)}");
        on("ZPCI_BASE ", _ => $"v{Find(Base).Version} {Window()} {Hex("pchid", U16(Base, 16))} {Kind()}");
        on("ZPCI_GROUP ", _ => $"v{Find(Group).Version} {Hex("dasm", U64(Group, 0))} {Hex("flags", U64(Group, 16))} "
            + $"maxstbl={U16(Group, 28)} imaxstbl={U16(Group, 32)} noi={U16(Group, 26)}");
    }

    private string Window() => $"{Hex("start_dma", U64(Base, 0))} {Hex("end_dma", U64(Base, 8))}";

    private string Kind() => $"pft={U8(Base, 22)} gid={U8(Base, 23)} {Hex("fh", U32(Base, 24))}";

    private InfoCapability Find(int id) => p.Device.GetInfo().Capabilities.Single(capability => capability.Id == id);

    private ulong U64(int id, int offset) => Read<ulong>(id, offset);

    private uint U32(int id, int offset) => Read<uint>(id, offset);

    private ushort U16(int id, int offset) => Read<ushort>(id, offset);

    private byte U8(int id, int offset) => Read<byte>(id, offset);

    private T Read<T>(int id, int offset)
        where T : unmanaged => MemoryMarshal.Read<T>(Find(id).Payload.Span[offset..]);

    private static string Hex(string name, ulong value) => string.Create(CultureInfo.InvariantCulture, $"{name}=0x{value:x}");
}
