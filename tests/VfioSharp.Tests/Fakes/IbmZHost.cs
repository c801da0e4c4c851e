using VfioSharp.Backends;
using VfioSharp.Mmio;

namespace VfioSharp.Tests.Fakes;

/// <summary>
/// An IBM Z in a few lines: an array that plays what is mapped, reached by system calls or instructions that record each call. The
/// addresses mean nothing in this process.
/// </summary>
internal sealed class IbmZHost(int lengthInBytes)
{
    /// <summary>Where the array is mapped: nowhere that this process could touch.</summary>
    public const ulong MappedAt = 0x7000_0000_0000_0000;

    public byte[] Bytes { get; } = new byte[lengthInBytes];

    /// <summary>Each call or instruction in order: "syscall read 4 at 0x10", "PCISTGI 8 at 0x0".</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What calls answer, one after the other, having done nothing; when there is none left they succeed.</summary>
    public Queue<AccessOutcome> Answers { get; } = new();

    /// <summary>Where the host's memory for the call has to begin.</summary>
    public const int BufferAlignment = 8;

    public DeviceHost Describe(bool hasMio = false, string kernel = "7.2.13+deb14-s390x") => new(
        "s390x", kernel, 4096, hasMio, "A mapped BAR is not memory on IBM Z.", null, new Syscalls(this), hasMio ? new Instructions(this) : null);

    public DeviceMapping Map(ulong offset, ulong lengthInBytes) => new Mapping(offset, lengthInBytes);

    private AccessOutcome Run(string what, nuint address, int length, Action<Memory<byte>> act)
    {
        var offset = (ulong)address - MappedAt;
        Calls.Add($"{what} {length} at 0x{offset:x}");
        Assert.True(offset % 4096 + (ulong)length <= 4096, "no access crosses a page");
        if (Answers.TryDequeue(out var answer) && !answer.IsDone)
            return answer;
        act(Bytes.AsMemory((int)offset, length));
        return AccessOutcome.Done;
    }

    private static unsafe void RequireAlignment(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
            Assert.Equal(0u, (nuint)start % BufferAlignment);
    }

    private sealed class Mapping(ulong offset, ulong lengthInBytes) : DeviceMapping(lengthInBytes, MappingAccess.ReadWrite)
    {
        protected internal override nuint Address => unchecked((nuint)(MappedAt + offset));

        protected override void Remove()
        {
        }
    }

    private sealed class Syscalls(IbmZHost host) : MmioSyscalls
    {
        public override AccessOutcome Read(nuint address, Span<byte> destination)
        {
            RequireAlignment(destination);
            var copy = new byte[destination.Length];
            var outcome = host.Run("syscall read", address, destination.Length, bytes => bytes.CopyTo(copy));
            copy.CopyTo(destination);
            return outcome;
        }

        public override AccessOutcome Write(nuint address, ReadOnlySpan<byte> source)
        {
            RequireAlignment(source);
            var copy = source.ToArray();
            return host.Run("syscall write", address, source.Length, bytes => copy.CopyTo(bytes));
        }
    }

    private sealed class Instructions(IbmZHost host) : MioInstructions
    {
        public override AccessOutcome Load(nuint address, int widthInBytes, out ulong value)
        {
            ulong register = 0;
            var outcome = host.Run("PCILGI", address, widthInBytes, bytes =>
            {
                foreach (var each in bytes.Span)
                    register = register << 8 | each;
            });
            value = register;
            return outcome;
        }

        public override AccessOutcome Store(nuint address, int widthInBytes, ulong value) => host.Run("PCISTGI", address, widthInBytes, bytes =>
        {
            for (var i = widthInBytes - 1; i >= 0; i--, value >>= 8)
                bytes.Span[i] = (byte)value;
        });

        public override AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source)
        {
            RequireAlignment(source);
            var copy = source.ToArray();
            return host.Run("PCISTBI", address, source.Length, bytes => copy.CopyTo(bytes));
        }

        public override void WriteBarrier() => host.Calls.Add("PCIWB");
    }
}
