using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Tests.IbmZ;

/// <summary>Machine code of the checks: the routines with other instructions in the place of those that emulators do not have, and handlers.</summary>
internal static unsafe class Code
{
    // Each is as long as the instruction that it stands for.
    private static readonly byte[] LoadWord = [0x58, 0x10, 0x20, 0x00];                       // l %r1,0(%r2)
    private static readonly byte[] CompareLength = [0x59, 0x30, 0x20, 0x00];                  // c %r3,0(%r2)
    private static readonly byte[] TestAllBits = [0x91, 0xFF, 0x20, 0x00];                    // tm 0(%r2),255
    private static readonly byte[] StoreWord = [0x50, 0x40, 0x20, 0x00];                      // st %r4,0(%r2)
    private static readonly byte[] MoveBlock = [0xD2, 0x1F, 0x20, 0x00, 0x40, 0x00];          // mvc 0(32,%r2),0(%r4)
    private static readonly byte[] StoreLength = [0xE3, 0x30, 0x20, 0x00, 0x00, 0x24];        // stg %r3,0(%r2)
    private static readonly byte[] NoOperation = [0x07, 0x00, 0x07, 0x00];                    // nopr; nopr

    /// <summary>A handler that counts its calls, followed by the counter's address.</summary>
    private static readonly byte[] Counting =
    [
        0xC4, 0x18, 0x00, 0x00, 0x00, 0x08, // lgrl %r1,counter
        0xEB, 0x01, 0x10, 0x00, 0x00, 0x6A, // asi 0(%r1),1
        0x07, 0xFE,                         // br %r14
        0x00, 0x00,
        0, 0, 0, 0, 0, 0, 0, 0,             // counter: .quad
    ];

    /// <summary>Loads and stores of ordinary memory, 4 bytes wide whatever the length, and blocks of 32 bytes.</summary>
    public static byte[] OnMemory() => Substitute(LoadWord, MoveBlock);

    /// <summary>The same, except that a block is 8 bytes: qemu-user dies of a SIGBUS that the longer move raises.</summary>
    public static byte[] OnMemoryThatGoes() => Substitute(LoadWord, StoreLength);

    /// <summary>A load whose condition code compares the length with what is in memory: 0 equal, 1 lower, 2 higher.</summary>
    public static byte[] Comparing() => Substitute(CompareLength, MoveBlock);

    /// <summary>A load whose condition code tells whether the byte in memory is all ones: 3 where it is, 0 all zeros, 1 neither.</summary>
    public static byte[] Testing() => Substitute(TestAllBits, MoveBlock);

    /// <summary>A function that the processor has no instruction for.</summary>
    public static nuint Illegal() => Place([0, 0, 0, 0]);

    /// <summary>A signal handler that counts into memory.</summary>
    public static nuint CountInto(int* counter)
    {
        var code = Place(Counting);
        *(int**)(code + (nuint)(Counting.Length - sizeof(void*))) = counter;
        return code;
    }

    private static byte[] Substitute(byte[] load, byte[] block)
    {
        var image = S390Routines.Image.ToArray();
        load.CopyTo(image, RoutineLayout.MioLoad);
        StoreWord.CopyTo(image, RoutineLayout.MioStore);
        block.CopyTo(image, RoutineLayout.MioStoreBlock);
        NoOperation.CopyTo(image, RoutineLayout.MioWriteBarrier);
        return image;
    }

    private static nuint Place(byte[] code)
    {
        const int Protection = Libc.PROT_READ | Libc.PROT_WRITE | Libc.PROT_EXEC;
        var page = (byte*)Libc.mmap(null, 4096, Protection, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        ExpectationException.True(page != Libc.MapFailed, "an executable page can be had");
        code.CopyTo(new Span<byte>(page, code.Length));
        return (nuint)page;
    }
}
