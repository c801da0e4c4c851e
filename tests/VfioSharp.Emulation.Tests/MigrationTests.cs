using System.Buffers;
using System.Buffers.Binary;
using FsCheck.Xunit;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Emulation.Tests;

public sealed class MigrationTests
{
    [Fact]
    public void A_scratch_function_goes_on_in_another_one_where_it_was()
    {
        using var from = new ScratchFunction();
        using var to = new ScratchFunction();
        var host = new RecordingHost();
        from.WriteConfig(4, [6, 0]);
        from.WriteBar(4, 16, [1, 2, 3, 4, 5, 6, 7, 8]);
        from.WriteBar(4, 28, [0, 0, 0, 0]);
        from.WriteBar(0, 0x2ff8, [9, 8, 7, 6]);
        from.WriteBar(2, 0x10, [5, 5]);
        from.WriteBar(0, 0x10, [4, 0, 0, 0]);
        from.WriteBar(0, 0x40, [0, 0, 0, 0, 1, 0, 0, 0]);
        from.WriteBar(0, 0x48, [0, 0x30, 0, 0, 0, 0, 0, 0]);
        from.WriteBar(0, 0x50, [4, 0, 0, 0]);
        from.WriteBar(0, 0x54, [1, 0, 0, 0]);
        host.Memory[0] = 0x99;

        to.LoadState(Save(from));
        to.RunWork(host);
        Assert.True(to.Config.IsBusMaster);
        Assert.Equal(0x0807_0605_0403_0201ul, to.Msix!.GetMessage(1).Address);
        Assert.False(to.Msix.IsMasked(1));
        Assert.True(to.Msix.IsMasked(0));
        Assert.Equal(0x0607_0809u, to.GetSharedMemory(0)!.Read32(0x2ff8));
        Assert.Equal([4], host.Interrupts);
        Assert.Equal(1u, Read32(to, 0x128));
        Assert.Equal((2u, 0x99u), (Read32(to, 0x58), Read32(to, 0x3000)));
        from.RunWork(new RecordingHost());
    }

    [Fact]
    public void An_edu_device_goes_on_too()
    {
        using var from = new EduFunction();
        using var to = new EduFunction();
        from.WriteBar(0, 4, [1, 2, 3, 4]);
        from.WriteBar(0, 0x20, [0x80, 0, 0, 0]);
        from.WriteBar(0, 8, [5, 0, 0, 0]);
        to.LoadState(Save(from));
        var host = new RecordingHost();
        to.RunWork(host);
        Assert.Equal((0xfbfc_fdfeu, 120u, 1u), (Read32(to, 4), Read32(to, 8), Read32(to, 0x24)));
        Assert.Equal([0], host.Interrupts);
        Assert.Equal(Save(to), Save(to));
    }

    [Fact]
    public void A_NIC_rings_in_another_one_where_it_was_rung()
    {
        using var from = new DoorbellNicFunction();
        using var to = new DoorbellNicFunction();
        var host = new RecordingHost();
        from.WriteBar(0, 0x10, BitConverter.GetBytes(RecordingHost.Start));
        from.WriteBar(0, 0x18, [4, 0, 0, 0]);
        from.WriteBar(2, 0x5000, [1, 0, 0, 0]);
        from.RunWork(host);
        from.WriteBar(2, 0x6000, [9, 0, 0, 0]);
        from.StoreBlock(2, 0x7100, new byte[64]);
        to.LoadState(Save(from));
        Assert.Equal(Save(from), Save(to));
        to.RunWork(host);
        Assert.Equal([5, 6, 7], host.Interrupts);
        Assert.Equal("0900000000000000" + "0600" + "0000" + "02000000", Convert.ToHexStringLower(host.Memory.AsSpan(16, 16)));
        Assert.Equal("0000000000000000" + "0700" + "4000" + "03000000", Convert.ToHexStringLower(host.Memory.AsSpan(32, 16)));
        Assert.Equal(3u, Read32(to, 8));
    }

    [Fact]
    public void An_ISM_device_moves_on_with_the_same_identifier_alone()
    {
        using var from = new IsmFunction(1);
        using var to = new IsmFunction(1);
        using var other = new IsmFunction(2);
        var host = new RecordingHost();
        // ISM_REG_DMB: address, length, index, VLAN and remote GID, behind a header that starts it.
        from.StoreBlock(2, 8, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 40, .. new byte[16]]);
        from.StoreBlock(2, 0, [0, 0, 0, 0xa, 0, 0, 0, 40]);
        var answer = new byte[8];
        from.ReadBar(2, 8, answer);
        var token = BinaryPrimitives.ReadUInt64BigEndian(answer);
        from.StoreBlock(0, token | 0x20, [1, 2, 3, 4, 5, 6, 7, 8]);
        Refuse(other, Save(from));
        to.LoadState(Save(from));
        Assert.Equal(Save(from), Save(to));
        to.StoreBlock(0, token | 0x28, [9, 9, 9, 9, 9, 9, 9, 9]);
        to.RunWork(host);
        Assert.Equal("01020304050607080909090909090909", Convert.ToHexStringLower(host.Memory.AsSpan(0x20, 16)));
    }

    [Fact]
    public void A_function_that_is_not_migratable_says_so()
    {
        using var function = new RegisterFile();
        Assert.False(function.IsMigratable);
        Assert.Throws<NotSupportedException>(() => function.SaveState(new ArrayBufferWriter<byte>()));
        Assert.Throws<NotSupportedException>(() => function.LoadState([]));
    }

    [Fact]
    public void The_state_of_another_kind_of_function_is_refused()
    {
        using var scratch = new ScratchFunction();
        using var trapped = new ScratchFunction(hasSharedMemory: false);
        using var edu = new EduFunction();
        using var plain = new EduFunction(withMsix: false);
        Refuse(scratch, Save(trapped));
        Refuse(trapped, Save(scratch));
        Refuse(edu, Save(scratch));
        Refuse(edu, Save(plain));
        Refuse(plain, Save(edu));
    }

    [Fact]
    public void A_state_that_is_cut_or_longer_or_of_a_later_version_is_refused_and_changes_nothing()
    {
        using var scratch = new ScratchFunction();
        scratch.WriteBar(2, 0, [1, 2, 3, 4]);
        var state = Save(scratch);
        foreach (var length in new[] { 0, 1, 15, 16, 17, 4111, 4112, 4200, 8192, state.Length - 1 })
            Refuse(scratch, state[..length]);
        Refuse(scratch, [.. state, 0]);
        foreach (var place in new[] { 0, 4, 8, 10, 12, 16, 24, 16 + 0x34, 16 + 0x41 })
        {
            var other = state.ToArray();
            other[place] ^= 0x81;
            Refuse(scratch, other);
        }

        var later = state.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(later.AsSpan(4), 2);
        Assert.Contains("version 2", Assert.Throws<InvalidDataException>(() => scratch.LoadState(later)).Message, StringComparison.Ordinal);
        Assert.Equal(state, Save(scratch));
    }

    [Property(MaxTest = 400)]
    public bool Whatever_the_bytes_are_they_are_taken_as_a_whole_or_refused_as_a_whole(int place, byte value, int kind)
    {
        using PciFunction function = (kind & 3) switch
        {
            0 => new EduFunction(),
            1 => new ScratchFunction(),
            2 => new DoorbellNicFunction(),
            _ => new IsmFunction(),
        };
        // Something to do, of which the state has lists.
        if (function is DoorbellNicFunction)
            function.WriteBar(2, 0x3000, [1, 0, 0, 0]);
        var before = Save(function);
        var state = before.ToArray();
        state[(uint)place % (uint)state.Length] = value;
        try
        {
            function.LoadState(state);
            function.RunWork(new RecordingHost());
            return true;
        }
        catch (InvalidDataException)
        {
            return Save(function).AsSpan().SequenceEqual(before);
        }
    }

    private static void Refuse(PciFunction function, byte[] state)
    {
        var before = Save(function);
        Assert.Throws<InvalidDataException>(() => function.LoadState(state));
        Assert.Equal(before, Save(function));
    }

    private static byte[] Save(PciFunction function)
    {
        var writer = new ArrayBufferWriter<byte>();
        function.SaveState(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static uint Read32(PciFunction function, ulong offset)
    {
        var bytes = new byte[4];
        function.ReadBar(0, offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
