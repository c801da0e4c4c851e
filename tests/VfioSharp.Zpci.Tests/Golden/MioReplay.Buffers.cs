using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Tests.Golden;

// Buffers that the kernel cannot use, or not all of, and stores; permissions.
internal sealed partial class MioReplay
{
    // What the program stored at ASQ and ACQ; the line "src=" shows it.
    private static readonly byte[] Source = Convert.FromHexString("002012131415160000191a1b1c1d1e00");

    private void AddBuffers()
    {
        (string Name, Func<ulong> Buffer, ulong Length)[] reads =
        [
            ("NULL buffer", () => 0, 4),
            ("unmapped buffer", () => _p.Unmapped, 4),
            ("unmapped buffer len1", () => _p.Unmapped, 1),
            ("unmapped buffer len2", () => _p.Unmapped, 2),
            ("unmapped buffer len8", () => _p.Unmapped, 8),
            ("buffer last byte of 3 unmapped", () => _p.AllocateEnd() - 2, 3),
            ("buffer = the mapping itself", () => _bar, 4),
            ("read-only buffer", () => _p.Allocate(UserAddressSpace.PageSize, Protection.Read), 4),
            ("buffer straddles page, never touched", () => _p.Allocate(2 * UserAddressSpace.PageSize) + 4092, 8),
            ("buffer 1<<62", () => 1ul << 62, 4),
        ];
        foreach (var (name, buffer, length) in reads)
            On($"mt sys_read {name}: ", _ => RecorderText.Short(_p.ReadInto(buffer(), _bar, length)));

        // Of what arrived before the end of the buffer, the program prints four bytes.
        On("mt sys_read buffer half unmapped 8: ", _ => HalfRead(4, 8, "bytes"));
        On("mt sys_read buffer half unmapped 16: ", _ => HalfRead(8, 16, "first8"));
        On(@"mt sys_read buffer at page offset: (\d+) len (\d+): ", match =>
            RecorderText.Short(_p.ReadInto(_p.TwoPages + (ulong)Number(match, 1), _bar, (ulong)Number(match, 2))));
        On(@"mt sys_write buffer at page offset: (\d+) len (\d+) @0x28: ", match =>
            RecorderText.Short(_p.WriteFrom(_p.Allocate(2 * UserAddressSpace.PageSize) + (ulong)Number(match, 1), _bar + Asq, (ulong)Number(match, 2))));

        On("mt sys_write NULL buffer: ", _ => RecorderText.Short(_p.WriteFrom(0, _bar + Asq, 4)));
        On("mt sys_write unmapped buffer: ", _ => RecorderText.Short(_p.WriteFrom(_p.Unmapped, _bar + Asq, 4)));
        On("mt sys_write buffer = the mapping itself: ", _ => RecorderText.Short(_p.WriteFrom(_bar, _bar + Asq, 4)));
        On("mt sys_write buffer 1<<62: ", _ => RecorderText.Short(_p.WriteFrom(1ul << 62, _bar + Asq, 4)));
        On("mt sys_write buffer half unmapped 8: ", _ => HalfWrite(4, 8));
        On(@"mt sys_write buffer half unmapped 16 \(pcistbi\): ", _ => HalfWrite(8, 16));
        On(@"mt sys_write unaligned buffer half unmapped 16 \(8\+\.\.\): ", _ => HalfWrite(12, 16));
        On("mt ASQ/ACQ (after|bytes)=", _ => _p.PreadHex(0, Asq, 16));
    }

    private void AddStores()
    {
        On(@"mt pcistgi AQA len4 LE 0x001f001f \(value 0x1f001f00\): ", _ => Store(_bar + Aqa, 4, 0x1f00_1f00));
        On("mt pcilgi AQA readback: ", _ => Load(_bar + Aqa, 4));
        On("mt AQA by pread: ", _ => RecorderText.NumberOf(_p.Pread(0, Aqa, 4).Data));
        On("mt pcistgi ASQ len8: ", _ => Store(_bar + Asq, 8, 0x0010_3254_7600_0000));
        On("mt pcilgi ASQ readback: ", _ => Load(_bar + Asq, 8));
        On("mt ASQ bytes=", _ => _p.PreadHex(0, Asq, 8));
        On(@"mt pcistgi ASQ\+1 len4: ", _ => Store(_bar + Asq + 1, 4, 0));
        On(@"mt pcistgi ASQ\+4 len8 \(crosses 8\): ", _ => Store(_bar + Asq + 4, 8, 0));
        On("mt pcistgi AQA len2: ", _ => Store(_bar + Aqa, 2, 0));
        On("mt pcistbi 16 bytes @ASQ: ", _ => StoreBlock(_bar + Asq, Source));
        On(@"mt pcistbi len (\d+)( \(> maxstbl\))?: ", match => StoreBlock(_bar + Asq, _p.Put(new byte[256]), (ulong)Number(match, 1)));
        On("mt pcistbi dst unaligned: ", _ => StoreBlock(_bar + Asq + 4, _p.Put(new byte[16]), 16));
        On("mt pcistbi src unaligned: ", _ => StoreBlock(_bar + Asq, _p.Put(new byte[32]) + 4, 16));
        On("mt pcistbi page cross: ", _ => StoreBlock(_bar + 0x1000 - 8, _p.Put(new byte[16]), 16));
        On("mt pcistbi src unmapped: ", _ => StoreBlock(_bar + Asq, _p.Unmapped, 16));
        On("mt pcistbi src never touched: ", _ => StoreBlock(_bar + Asq, _p.Allocate(UserAddressSpace.PageSize), 16));
        On("mt pcistbi dst unmapped: ", _ => StoreBlock(_p.Unmapped, new byte[16]));
        On("mt pcistbi dst RAM: ", _ => StoreBlock(_p.TwoPages, new byte[16]));

        On(@"mt WR 16 aligned @0x28: \(sys_write\) ", _ => Write(_bar + Asq, Source));
        On(@"mt WR 16 src 4-aligned @0x28: \(sys_write\) ", _ => RecorderText.Full(_p.WriteFrom(_p.Put([0, 0, 0, 0, .. Source]) + 4, _bar + Asq, 16)));
        On(@"mt WR 8 @0x28: \(sys_write\) ", _ => Write(_bar + Asq, new byte[8]));
        On(@"mt WR 4 @0x24: \(sys_write\) ", _ => Write(_bar + Aqa, new byte[4]));
        On(@"mt WR off1 len2: \(sys_write\) ", _ => Write(_bar + 1, new byte[2]));
        On(@"mt WR len3 @0x24: \(sys_write\) ", _ => Write(_bar + Aqa, new byte[3]));
        On(@"mt WR page cross: \(sys_write\) ", _ => Write(_bar + 0x1000 - 2, new byte[4]));
        On(@"mt WR len0: \(sys_write\) ", _ => Write(_bar + Aqa, []));
    }

    private void AddPermissions()
    {
        On("mt pcilgi RO mapping first touch: ", _ => Load(_readOnly = _p.Map(Protection.Read), 4));
        On("mt pcistgi RO mapping: ", _ => Store(_readOnly + Aqa, 4, 0));
        On("mt pcistbi RO mapping: ", _ => StoreBlock(_readOnly + Asq, new byte[16]));
        On("mt sys_read RO mapping: ", _ => Read(_readOnly, 4));
        On(@"mt RO mapping: \(sys_write\) ", _ => Write(_readOnly + Aqa, new byte[4]));
        // The same words stand at the end of the file, then of the mapping that was in use all the time.
        On("mt pcilgi after munmap: ", _ => Load(_p.Unmap(_readOnly != 0 ? _readOnly : _bar, BarLength), 4));
        On("mt sys_read after munmap: ", _ =>
        {
            var address = _readOnly;
            _readOnly = 0;
            return Read(address, 4);
        });
        On("mt pcistgi RO mapping first touch: ", _ => Store(_other = _p.Map(Protection.Read), 4, 0));
        On(@"mt RO mapping first touch: \(sys_write\) ", _ => Write(_p.Map(Protection.Read), new byte[4]));
        On("mt pcilgi WO mapping first touch: ", _ => Load(_writeOnly = _p.Map(Protection.Write), 4));
        On("mt sys_read WO mapping: ", _ => Read(_writeOnly, 4));
        On("mt pcistgi WO mapping: ", _ => Store(_writeOnly + Aqa, 4, 0));
        On("mt pcilgi PROT_NONE: ", _ => Load(_none = _p.Map(Protection.None), 4));
        On("mt pcistgi PROT_NONE: ", _ => Store(_none + Aqa, 4, 0));
        On("mt sys_read PROT_NONE: ", _ => Read(_none, 4));
        On(@"mt PROT_NONE: \(sys_write\) ", _ => Write(_none + Aqa, new byte[4]));
        On("mt pcistgi RW first touch is store: ", _ => Store((_other = _p.Map(Protection.Read | Protection.Write)) + Aqa, 4, 0));
        On("mt pcilgi then load: ", _ => Load(_other, 4));
        On("mt pcistgi after mprotect RO: ", _ => Store(_p.Protect(_other, BarLength, Protection.Read) + Aqa, 4, 0));
        On(@"mt after mprotect RO: \(sys_write\) ", _ => Write(_other + Aqa, new byte[4]));
        On("mt pcilgi after mprotect RO: ", _ => Load(_other, 4));
        On("mt sys_read first touch by sys_read: ", _ => Read(_other = _p.Map(Protection.Read | Protection.Write), 4));
        On(@"mt then sys_write: \(sys_write\) ", _ => Write(_other + Aqa, new byte[4]));
        On(@"mt first touch by sys_write: \(sys_write\) ", _ => Write(_p.Map(Protection.Read | Protection.Write) + Aqa, new byte[4]));
        On("mt mmap POPULATE: ", _ => RecorderText.Ok(_p.Map(0, 0, BarLength, flags: MapFlags.Shared | MapFlags.Populate), address => _other = address));
        On("mt pcilgi POPULATE: ", _ => Load(_other, 4));
    }

    private void AddPlainAccesses()
    {
        On("mt plain load mapped page: ", _ => PlainLoad(_bar));
        On("mt plain store mapped page: ", _ => RecorderText.Of(_p.Process.Store(_bar, 4, 0), PageOf(_bar)));
        On("mt plain load first touch of a new mapping: ", _ => PlainLoad(_other = _p.Map(Protection.Read | Protection.Write)));
        On("mt plain load same again: ", _ => PlainLoad(_other));
        On("mt pcilgi after plain loads: ", _ => Load(_bar, 4));
        On("mt pcilgi fork child: ", _ => LoadBy(_p.Fork(), _bar, 4));
        On("mt sys_read fork child: ", _ =>
        {
            var child = _p.Fork();
            return RecorderText.Full(child.ReadInto(child.Buffer, _bar, 4), child.Peek(child.Buffer, 4));
        });
        On(@"mt write\(2\) from mapping: ", _ => RecorderText.Short(_p.Process.WriteToPipe(_bar, 4)));
        On("mt /proc/self/mem: ", _ => RecorderText.Short(_p.Process.ReadProcSelfMem(_bar, 4)));
    }

    private string HalfRead(ulong mapped, ulong length, string label)
    {
        var buffer = _p.AllocateEnd() - mapped;
        var result = _p.ReadInto(buffer, _bar, length);
        return $"{RecorderText.Short(result)} {label}={Convert.ToHexStringLower(_p.Peek(buffer, 4))}";
    }

    private string HalfWrite(ulong mapped, ulong length)
    {
        var ones = new byte[mapped];
        ones.AsSpan().Fill(0x11);
        var buffer = _p.AllocateEnd() - mapped;
        _p.Poke(buffer, ones);
        return RecorderText.Short(_p.WriteFrom(buffer, _bar + Asq, length));
    }
}
