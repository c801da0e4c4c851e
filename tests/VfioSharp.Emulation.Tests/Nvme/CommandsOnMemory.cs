using System.Runtime.InteropServices;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.Nvme.Io;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Commands of the NVM command set on one image, with pages of 4 KiB and a mebibyte of the driver's memory.</summary>
internal sealed class CommandsOnMemory(NvmeImage image, int maxTransferInBytes = 128 << 10, bool isMapped = false)
{
    public const ulong Buffer = RecordingHost.Start;
    public const int PageInBytes = 4096;
    private const int PageShift = 12;

    public RecordingHost Host { get; } = new(1 << 20) { IsMapped = isMapped };

    public IoCommands Commands { get; } = new([image], maxTransferInBytes);

    public Span<byte> Memory => Host.Memory;

    public StatusCode Execute(SubmissionEntry command) => Commands.Execute(in command, PageShift, Host).Code;

    /// <summary>Executes a command on blocks; its data, if there is any, lies at an address in pages that follow one another.</summary>
    public StatusCode Execute(IoOpcode opcode, ulong lba, int blocks, ulong address = Buffer, uint flags = 0)
    {
        var command = Make(opcode, lba, blocks, flags);
        SetPrps(ref command, address, blocks * image.BlockSizeInBytes);
        return Execute(command);
    }

    public StatusCode Deallocate(uint attributes, params (ulong Lba, uint Blocks)[] ranges)
    {
        var list = MemoryMarshal.Cast<byte, DatasetRange>(Memory[..PageInBytes]);
        for (var i = 0; i < ranges.Length; i++)
            list[i] = new DatasetRange { StartLba = ranges[i].Lba, LengthInBlocks = ranges[i].Blocks };
        var command = new SubmissionEntry { Opcode = (byte)IoOpcode.DatasetManagement, NamespaceId = 1u, Prp1 = Buffer };
        command.Dword10 = (uint)(ranges.Length - 1);
        command.Dword11 = attributes;
        return Execute(command);
    }

    public static SubmissionEntry Make(IoOpcode opcode, ulong lba, int blocks, uint flags = 0) =>
        new() { Opcode = (byte)opcode, NamespaceId = 1u, StartLba = lba, Dword12 = (uint)(blocks - 1) | flags };

    /// <summary>Describes data whose pages follow one another; a list, where one is needed, lies in the last page of memory.</summary>
    public void SetPrps(ref SubmissionEntry command, ulong address, int lengthInBytes)
    {
        command.Prp1 = address;
        var second = (address / PageInBytes + 1) * PageInBytes;
        command.Prp2 = second;
        if (address + (ulong)lengthInBytes <= second + PageInBytes)
            return;
        var list = MemoryMarshal.Cast<byte, Le64>(Memory[^PageInBytes..]);
        for (var i = 0; i < list.Length; i++)
            list[i] = second + (ulong)(i * PageInBytes);
        command.Prp2 = Buffer + (ulong)(Memory.Length - PageInBytes);
    }

    /// <summary>Bytes that are different at each place, and for each seed.</summary>
    public static byte[] Pattern(int lengthInBytes, int seed)
    {
        var bytes = new byte[lengthInBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
