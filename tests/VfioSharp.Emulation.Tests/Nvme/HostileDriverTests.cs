using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Drivers that mean no good, or nothing at all: whatever they do, the controller goes on after a reset.</summary>
public sealed class HostileDriverTests
{
    private static readonly ulong[] Registers =
    [
        0x00, 0x08, 0x0c, 0x10, 0x14, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x50, 0x54, 0x58, 0x68,
    ];

    private static readonly byte[] AdminOpcodes = [0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x08, 0x09, 0x0a, 0x0c, 0x10, 0x11, 0x18, 0x7c, 0x80];

    private static readonly byte[] IoOpcodes = [0x00, 0x01, 0x02, 0x05, 0x08, 0x09, 0x0c];

    public static TheoryData<int, NvmeDoorbells> Seeds
    {
        get
        {
            var data = new TheoryData<int, NvmeDoorbells>();
            for (var seed = 1; seed <= 12; seed++)
                data.Add(seed, seed % 2 == 0 ? NvmeDoorbells.Shared : NvmeDoorbells.Trapped);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Registers_that_are_written_with_anything_break_nothing(int seed, NvmeDoorbells doorbells)
    {
        var random = new Random(seed);
        using var driver = MakeDriver(doorbells);
        var bytes = new byte[8];
        for (var i = 0; i < 3000; i++)
        {
            random.NextBytes(bytes);
            var width = 1 << random.Next(4);
            var offset = random.Next(3) == 0 ? (ulong)random.Next(0x4000 - width) : Registers[random.Next(Registers.Length)];
            // Enabled more often than chance would have it.
            if (offset == 0x14 && random.Next(2) == 0)
                (bytes[0], bytes[1], bytes[2], bytes[3], width) = (1, 0, 0x46, 0, 4);
            driver.Function.WriteBar(0, offset, bytes.AsSpan(0, width));
            driver.Function.ReadBar(0, offset, bytes.AsSpan(0, width));
            driver.Poll();
            driver.Function.TryRest(driver.Host);
        }

        AssertGoesOn(driver);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Commands_of_anything_end_with_a_status(int seed, NvmeDoorbells doorbells)
    {
        var random = new Random(seed);
        using var driver = MakeDriver(doorbells);
        driver.Enable();
        Assert.Equal(0, driver.CreateQueues(1).Code);
        for (var i = 0; i < 1500 && driver.Read32(0x1c) == 1; i++)
        {
            var queue = random.Next(2);
            var opcodes = queue == 0 ? AdminOpcodes : IoOpcodes;
            var opcode = random.Next(10) == 0 ? (byte)random.Next(256) : opcodes[random.Next(opcodes.Length)];
            var flags = random.Next(4) == 0 ? (byte)(random.Next(4) << 6) : (byte)0;
            var dwords = new uint[6];
            for (var dword = 0; dword < dwords.Length; dword++)
                dwords[dword] = random.Next(4) switch { 0 => (uint)random.NextInt64(1L << 32), 1 => 0, _ => (uint)random.Next(20) };
            // The queue that commands come by stays.
            if (queue == 0 && opcode is 0x00 or 0x04)
                dwords[0] = 7;
            driver.Submit(queue, opcode, (uint)random.Next(4), Address(random), Address(random), flags, dwords);
            driver.RingTail(queue);
            driver.Poll();
            for (var each = 0; each < 2; each++)
            {
                while (driver.TryTake(each) is not null)
                    driver.RingHead(each);
            }

            driver.Function.TryRest(driver.Host);
        }

        AssertGoesOn(driver);
    }

    private static RawDriver MakeDriver(NvmeDoorbells doorbells) => new(new NvmeFunctionOptions
    {
        Images = [NvmeImage.InMemory(1 << 20), NvmeImage.InMemory(1 << 20, 4096)],
        Doorbells = doorbells,
        MaxQueuePairs = 4,
        HasSubsystemReset = true,
        ControllerMemoryBufferInBytes = 1 << 14,
    });

    // Mostly the upper half of the memory, which holds nothing that the test needs.
    private static ulong Address(Random random) => random.Next(8) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => ulong.MaxValue - (ulong)random.Next(1 << 14),
        2 => RecordingHost.Start + 0x80000 + (ulong)random.Next(1 << 18),
        _ => RecordingHost.Start + 0x80000 + (ulong)random.Next(64) * RawDriver.Page,
    };

    private static void AssertGoesOn(RawDriver driver)
    {
        driver.Function.Reset();
        driver.Enable();
        Assert.Equal(1u, driver.Read32(0x1c));
        Assert.Equal(0x1b36, BinaryPrimitives.ReadUInt16LittleEndian(driver.Identify(1)));
        Assert.Equal(0, driver.CreateQueues(1).Code);
        Assert.Equal(0, driver.Execute(1, 0x02, 1, driver.AllocatePages(1)).Code);
    }
}
