using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Emulation;
using VfioSharp.Emulation.InProcess;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Queues;

public sealed class ControllerMemoryTests
{
    // CAP.CMBS.
    private static readonly ControllerCapabilities WithBuffer = new(1ul << 57);

    [Fact]
    public void A_buffer_is_switched_on_at_an_address_that_is_no_datas()
    {
        using var function = new BufferFunction(location: 2, size: (16u << 12) | 1);
        using var device = InProcessDevice.Open(function);
        using (var buffer = ControllerMemoryBuffer.TryOpen(device, WithBuffer, out var obstacle))
        {
            Assert.Null(obstacle);
            Assert.Equal(0x1_0000ul, buffer!.LengthInBytes);
            Assert.Equal(3ul, function.Control & 0xfff);
            var part = buffer.Allocate(4096, 4096)!;
            Assert.Equal(function.Control & ~0xffful, part.Address);
            Assert.DoesNotContain(device.Dma.Ranges, range => range.Start.Value < part.Address && range.End.Value > part.Address && range.End.Value < ulong.MaxValue);
            var entry = new SubmissionEntry { Opcode = 2, CommandId = 0x1234, Dword15 = 0xaabbccdd };
            part.Write(64, in entry);
            var bytes = function.GetSharedMemory(2)!.GetSpan(64, 64);
            Assert.Equal(0x1234_0002u, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            Assert.Equal(0xaabbccddu, BinaryPrimitives.ReadUInt32LittleEndian(bytes[60..]));
        }

        Assert.Equal(0ul, function.Control);
    }

    [Fact]
    public void Parts_do_not_overlap_and_are_used_again()
    {
        using var function = new BufferFunction(location: 2, size: (16u << 12) | 1);
        using var device = InProcessDevice.Open(function);
        using var buffer = ControllerMemoryBuffer.TryOpen(device, WithBuffer, out _)!;
        var random = new Random(11);
        var parts = new List<ControllerMemory>();
        var refused = 0;
        for (var turn = 0; turn < 2000; turn++)
        {
            if (parts.Count > 0 && random.Next(2) == 0)
            {
                var position = random.Next(parts.Count);
                buffer.Free(parts[position]);
                parts.RemoveAt(position);
            }
            else if (buffer.Allocate(64 * random.Next(1, 200), 4096) is { } part)
            {
                Assert.Equal(0ul, part.Address % 4096);
                Assert.InRange(part.Offset + (ulong)part.LengthInBytes, 1ul, buffer.LengthInBytes);
                Assert.DoesNotContain(parts, other => part.Offset < other.Offset + (ulong)other.LengthInBytes && other.Offset < part.Offset + (ulong)part.LengthInBytes);
                parts.Add(part);
            }
            else
            {
                refused++;
            }
        }

        Assert.NotEqual(0, refused);
    }

    [Theory]
    [InlineData(2u, 0u, "CMBSZ is 0")]
    [InlineData(2u, (16u << 12) | 2, "CMBSZ.SQS")]
    [InlineData(1u, (16u << 12) | 1, "make no sense")]
    [InlineData(6u, (16u << 12) | 1, "make no sense")]
    [InlineData(2u, (1u << 12) | (7u << 8) | 1, "make no sense")]
    [InlineData(2u, (17u << 12) | 1, "would not lie within")]
    [InlineData(2u | (16u << 12), (1u << 12) | 1, "would not lie within")]
    [InlineData(2u | (0xfffffu << 12), (0xfffffu << 12) | (6u << 8) | 1, "would not lie within")]
    [InlineData(4u, (16u << 12) | 1, "would not lie within")]
    public void A_buffer_that_makes_no_sense_is_not_used(uint location, uint size, string reason)
    {
        using var function = new BufferFunction(location, size);
        using var device = InProcessDevice.Open(function);
        Assert.Null(ControllerMemoryBuffer.TryOpen(device, WithBuffer, out var obstacle));
        Assert.Contains(reason, obstacle, StringComparison.Ordinal);
        Assert.Equal(0ul, function.Control);
    }

    [Fact]
    public void A_controller_that_refuses_the_address_or_has_no_buffer_is_driven_without()
    {
        using var function = new BufferFunction(location: 2, size: (16u << 12) | 1) { RefusesAddress = true };
        using var device = InProcessDevice.Open(function);
        Assert.Null(ControllerMemoryBuffer.TryOpen(device, WithBuffer, out var obstacle));
        Assert.Contains("CMBSTS.CBAI", obstacle, StringComparison.Ordinal);
        Assert.Null(ControllerMemoryBuffer.TryOpen(device, default, out obstacle));
        Assert.Contains("CAP.CMBS", obstacle, StringComparison.Ordinal);
    }

    /// <summary>The registers of a buffer in BAR 2, which are 0 until CMBMSC.CRE shows them.</summary>
    private sealed class BufferFunction(uint location, uint size)
        : PciFunction(new PciIdentity(0x1234, 2, new ClassCode(0x010802)), [new FunctionBar(0, 0x2000), FunctionBar.Shared(2, 0x1_0000)])
    {
        private readonly byte[] _control = new byte[8];

        public bool RefusesAddress { get; init; }

        public ulong Control => BinaryPrimitives.ReadUInt64LittleEndian(_control);

        protected override void OnRead(int bar, ulong offset, Span<byte> destination)
        {
            var isShown = (Control & 1) != 0;
            BinaryPrimitives.WriteUInt32LittleEndian(destination, offset switch
            {
                0x38 when isShown => location,
                0x3c when isShown => size,
                0x58 when RefusesAddress && (Control & 2) != 0 => 1u,
                _ => 0u,
            });
        }

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source) => source.CopyTo(_control.AsSpan((int)offset - 0x50));
    }
}
