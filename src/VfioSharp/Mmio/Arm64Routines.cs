namespace VfioSharp.Mmio;

/// <summary>
/// The routines of arm64, laid out as <see cref="RoutineLayout"/> says (AAPCS64). Each access is one instruction of exact width, of a form
/// that a hypervisor can emulate (no write-back, no pair), with the barriers that a driver author who thinks of readl and writel expects.
/// </summary>
/// <remarks>
/// <para>A VFIO mapping is Device-nGnRE memory: accesses to one function stay in order among themselves, but not against ordinary memory.
/// Linux's readl is a load and then "dmb oshld" (arch/arm64/include/asm/io.h, __io_ar): what was read, say "done", comes before every later
/// load, say of the data that the device wrote by DMA. A load here does the same. The empty control dependency that readl adds is left
/// out: it orders the cycle counter, which no C# program reads.</para>
/// <para>Linux's writel is "dmb oshst" and then a store: earlier stores, say of a descriptor, come before the doorbell. A store here takes
/// the full "dmb osh", which also keeps earlier loads in front: a driver that has read a completion entry and then gives the slot back with
/// a doorbell must have read it before. x86 orders that by itself, so that C# code tested there relies on it unknowingly.</para>
/// <para>A load is not ordered after earlier stores to ordinary memory, here as little as with readl or on x86; a driver whose register
/// read makes the device fetch a descriptor calls <see cref="Interlocked.MemoryBarrier"/> first.</para>
/// <para>The handler's offsets: pc is at 440 of ucontext_t (arch/arm64/include/uapi/asm/ucontext.h and sigcontext.h: uc_mcontext at 176, in
/// it fault_address, 31 registers and sp come first), si_code at 8 of siginfo_t. Its system calls: 134 rt_sigaction, 172 getpid,
/// 178 gettid, 131 tgkill. The tests hold these bytes against an assembler's listing of the same text.</para>
/// </remarks>
internal static class Arm64Routines
{
    /// <summary>The page's content; the last 8 bytes are filled in when it is placed.</summary>
    public static ReadOnlySpan<byte> Image =>
    [
        // load8:
        0x00, 0x00, 0x40, 0x39,          // ldrb w0, [x0]
        0xBF, 0x31, 0x03, 0xD5,          // dmb oshld
        0xE1, 0x03, 0x1F, 0xAA,          // mov x1, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // load16:
        0x00, 0x00, 0x40, 0x79,          // ldrh w0, [x0]
        0xBF, 0x31, 0x03, 0xD5,          // dmb oshld
        0xE1, 0x03, 0x1F, 0xAA,          // mov x1, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // load32:
        0x00, 0x00, 0x40, 0xB9,          // ldr w0, [x0]
        0xBF, 0x31, 0x03, 0xD5,          // dmb oshld
        0xE1, 0x03, 0x1F, 0xAA,          // mov x1, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // load64:
        0x00, 0x00, 0x40, 0xF9,          // ldr x0, [x0]
        0xBF, 0x31, 0x03, 0xD5,          // dmb oshld
        0xE1, 0x03, 0x1F, 0xAA,          // mov x1, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // store8:
        0xBF, 0x33, 0x03, 0xD5,          // dmb osh
        0x01, 0x00, 0x00, 0x39,          // strb w1, [x0]
        0xE0, 0x03, 0x1F, 0xAA,          // mov x0, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // store16:
        0xBF, 0x33, 0x03, 0xD5,          // dmb osh
        0x01, 0x00, 0x00, 0x79,          // strh w1, [x0]
        0xE0, 0x03, 0x1F, 0xAA,          // mov x0, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // store32:
        0xBF, 0x33, 0x03, 0xD5,          // dmb osh
        0x01, 0x00, 0x00, 0xB9,          // str w1, [x0]
        0xE0, 0x03, 0x1F, 0xAA,          // mov x0, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // store64:
        0xBF, 0x33, 0x03, 0xD5,          // dmb osh
        0x01, 0x00, 0x00, 0xF9,          // str x1, [x0]
        0xE0, 0x03, 0x1F, 0xAA,          // mov x0, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // copy:
        0x42, 0x40, 0x00, 0xF1,          // subs x2, x2, #16
        0xA3, 0x00, 0x00, 0x54,          // b.lo copy_tail
        // copy_blocks:
        0x23, 0x10, 0xC1, 0xA8,          // ldp x3, x4, [x1], #16
        0x03, 0x10, 0x81, 0xA8,          // stp x3, x4, [x0], #16
        0x42, 0x40, 0x00, 0xF1,          // subs x2, x2, #16
        0xA2, 0xFF, 0xFF, 0x54,          // b.hs copy_blocks
        // copy_tail:
        0x42, 0x40, 0x00, 0xB1,          // adds x2, x2, #16
        0xA0, 0x00, 0x00, 0x54,          // b.eq copy_done
        // copy_bytes:
        0x23, 0x14, 0x40, 0x38,          // ldrb w3, [x1], #1
        0x03, 0x14, 0x00, 0x38,          // strb w3, [x0], #1
        0x42, 0x04, 0x00, 0xF1,          // subs x2, x2, #1
        0xA1, 0xFF, 0xFF, 0x54,          // b.ne copy_bytes
        // copy_done:
        0xE0, 0x03, 0x1F, 0xAA,          // mov x0, xzr
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        0x1F, 0x20, 0x03, 0xD5,          // nop
        0x1F, 0x20, 0x03, 0xD5,          // nop
        // recover:
        0x00, 0x00, 0x80, 0x92,          // mov x0, #-1
        0x21, 0x00, 0x80, 0xD2,          // mov x1, #1
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        0x1F, 0x20, 0x03, 0xD5,          // nop
        // handler:
        0x49, 0xDC, 0x40, 0xF9,          // ldr x9, [x2, #440]
        0x6A, 0xF9, 0xFF, 0x10,          // adr x10, load8
        0x29, 0x01, 0x0A, 0xCB,          // sub x9, x9, x10
        0x3F, 0x01, 0x03, 0xF1,          // cmp x9, #0xc0
        0x82, 0x00, 0x00, 0x54,          // b.hs pass_on
        0xEA, 0xFE, 0xFF, 0x10,          // adr x10, recover
        0x4A, 0xDC, 0x00, 0xF9,          // str x10, [x2, #440]
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // pass_on:
        0x8D, 0x04, 0x00, 0x58,          // ldr x13, data
        0xA9, 0x41, 0x00, 0x91,          // add x9, x13, #16
        0x1F, 0x1C, 0x00, 0x71,          // cmp w0, #7
        0xA9, 0x01, 0x89, 0x9A,          // csel x9, x13, x9, eq
        0x2B, 0x01, 0x40, 0xF9,          // ldr x11, [x9]
        0x2C, 0x05, 0x40, 0xF9,          // ldr x12, [x9, #8]
        0x8C, 0x00, 0x00, 0xB4,          // cbz x12, chosen
        // take_once:
        0x2B, 0x7D, 0x5F, 0xC8,          // ldxr x11, [x9]
        0x3F, 0x7D, 0x0C, 0xC8,          // stxr w12, xzr, [x9]
        0xCC, 0xFF, 0xFF, 0x35,          // cbnz w12, take_once
        // chosen:
        0x7F, 0x05, 0x00, 0xF1,          // cmp x11, #1
        0x49, 0x00, 0x00, 0x54,          // b.ls no_handler
        0x60, 0x01, 0x1F, 0xD6,          // br x11
        // no_handler:
        0x2E, 0x08, 0x40, 0xB9,          // ldr w14, [x1, #8]
        0xDF, 0x01, 0x00, 0x71,          // cmp w14, #0
        0x4C, 0x00, 0x00, 0x54,          // b.gt default_action
        0x6B, 0x02, 0x00, 0xB5,          // cbnz x11, done
        // default_action:
        0xEF, 0x03, 0x00, 0x2A,          // mov w15, w0
        0xA1, 0x81, 0x00, 0x91,          // add x1, x13, #32
        0xE2, 0x03, 0x1F, 0xAA,          // mov x2, xzr
        0x03, 0x01, 0x80, 0xD2,          // mov x3, #8
        0xC8, 0x10, 0x80, 0xD2,          // mov x8, #134
        0x01, 0x00, 0x00, 0xD4,          // svc #0
        0xDF, 0x01, 0x00, 0x71,          // cmp w14, #0
        0x6C, 0x01, 0x00, 0x54,          // b.gt done
        0x88, 0x15, 0x80, 0xD2,          // mov x8, #172
        0x01, 0x00, 0x00, 0xD4,          // svc #0
        0xEE, 0x03, 0x00, 0x2A,          // mov w14, w0
        0x48, 0x16, 0x80, 0xD2,          // mov x8, #178
        0x01, 0x00, 0x00, 0xD4,          // svc #0
        0xE1, 0x03, 0x00, 0x2A,          // mov w1, w0
        0xE0, 0x03, 0x0E, 0x2A,          // mov w0, w14
        0xE2, 0x03, 0x0F, 0x2A,          // mov w2, w15
        0x68, 0x10, 0x80, 0xD2,          // mov x8, #131
        0x01, 0x00, 0x00, 0xD4,          // svc #0
        // done:
        0xC0, 0x03, 0x5F, 0xD6,          // ret
        // data:
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // .quad 0
    ];
}
