using System.Buffers.Binary;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Emulation.Tests;

/// <summary>What a virtual machine makes of block stores still drives the device.</summary>
public sealed class IsmStoreFormTests
{
    [Theory]
    [InlineData(IsmStoreForm.EightBytes)]
    [InlineData(IsmStoreForm.ReversedEightBytes)]
    public void A_command_in_one_store_of_16_bytes_is_executed_when_its_answer_is_read(IsmStoreForm form)
    {
        using var ism = new IsmFunction(0xabcd, form: form);
        Store(ism, form, 2, 0, [0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(0x0000_0003_0000_0010ul, Read(ism, 2, 0));
        Assert.Equal(0xabcdul, Read(ism, 2, 8));
    }

    [Theory]
    [InlineData(IsmStoreForm.EightBytes)]
    [InlineData(IsmStoreForm.ReversedEightBytes)]
    public void A_move_beyond_2_to_the_40_is_noted_where_it_was_stored_and_arrives(IsmStoreForm form)
    {
        using var ism = new IsmFunction(form: form);
        var host = new RecordingHost();
        ulong token = 0;
        // Tokens count up from 2^32; the 256th lies beyond 2^40.
        for (var i = 0; i < 256; i++)
        {
            Store(ism, form, 2, 8, Words(RecordingHost.Start, 0x1000ul << 32 | (uint)i, 0, 0));
            Store(ism, form, 2, 0, [0, 0, 0, 0xa, 0, 0, 0, 40]);
            Assert.Equal(0ul, Read(ism, 2, 0) >> 16 & 0xffff);
            token = Read(ism, 2, 8);
        }

        Assert.True(token >= 1ul << 40);
        Store(ism, form, 0, token + 0x20, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        ism.RunWork(host);
        Assert.Equal("0102030405060708090a0b0c0d0e0f10", Convert.ToHexStringLower(host.Memory.AsSpan(0x20, 16)));
        Assert.Equal((2ul, token + 0x28, 8ul, 0x090a_0b0c_0d0e_0f10ul), (Read(ism, 2, 0xf00), Read(ism, 2, 0xf08), Read(ism, 2, 0xf10), Read(ism, 2, 0xf40)));
    }

    [Fact]
    public void A_block_store_that_arrives_whole_is_noted_whole_and_what_is_noted_cannot_be_written()
    {
        using var ism = new IsmFunction();
        ism.StoreBlock(0, (1ul << 48) - 128, [.. Enumerable.Range(1, 128).Select(i => (byte)i)]);
        Assert.Equal(
            (1ul, (1ul << 48) - 128, 128ul, 0x797a_7b7c_7d7e_7f80ul),
            (Read(ism, 2, 0xf00), Read(ism, 2, 0xf08), Read(ism, 2, 0xf10), Read(ism, 2, 0xfb8)));
        ism.StoreBlock(2, 0xf00, new byte[64]);
        ism.StoreBlock(2, 0xef8, new byte[16]);
        Assert.Equal(1ul, Read(ism, 2, 0xf00));
        ism.Reset();
        Assert.Equal(0ul, Read(ism, 2, 0xf00));
    }

    [Fact]
    public void Narrow_writes_are_lost_in_every_form()
    {
        foreach (var form in Enum.GetValues<IsmStoreForm>())
        {
            using var ism = new IsmFunction(form: form);
            ism.WriteBar(0, 0x100, [1, 2, 3, 4]);
            ism.WriteBar(2, 0, [0, 0, 0, 3]);
            Assert.Equal((0ul, 0ul), (Read(ism, 2, 0xf00), Read(ism, 2, 0)));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new IsmFunction(form: (IsmStoreForm)3));
    }

    // The machine's store of a block, as the virtual machine delivers it.
    private static void Store(IsmFunction ism, IsmStoreForm form, int bar, ulong offset, byte[] block)
    {
        for (var i = 0; i < block.Length; i += 8)
        {
            var word = block[i..(i + 8)];
            if (form == IsmStoreForm.ReversedEightBytes)
                Array.Reverse(word);
            ism.WriteBar(bar, offset + (ulong)i, word);
        }
    }

    private static byte[] Words(params ulong[] values)
    {
        var bytes = new byte[values.Length * 8];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 8), values[i]);
        return bytes;
    }

    private static ulong Read(IsmFunction ism, int bar, ulong offset)
    {
        var bytes = new byte[8];
        ism.ReadBar(bar, offset, bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
