// The source of src/VfioSharp/Mmio/Arm64Routines.cs. `./assemble` turns it into routines-arm64.lst, which the tests compare with the C# bytes.
// AAPCS64: arguments in X0, X1, X2; results in X0 and X1.
    .text

// A slot of 16 bytes per routine. load(address) -> X0 value, X1 fault; store(address, value) -> X0 fault.
load8:
    ldrb w0, [x0]
    dmb oshld
    mov x1, xzr
    ret
load16:
    ldrh w0, [x0]
    dmb oshld
    mov x1, xzr
    ret
load32:
    ldr w0, [x0]
    dmb oshld
    mov x1, xzr
    ret
load64:
    ldr x0, [x0]
    dmb oshld
    mov x1, xzr
    ret
store8:
    dmb osh
    strb w1, [x0]
    mov x0, xzr
    ret
store16:
    dmb osh
    strh w1, [x0]
    mov x0, xzr
    ret
store32:
    dmb osh
    str w1, [x0]
    mov x0, xzr
    ret
store64:
    dmb osh
    str x1, [x0]
    mov x0, xzr
    ret

// Four slots: copy(to, from, length) -> X0 fault; the bytes before the one that faulted may have been copied.
copy:
    subs x2, x2, #16
    b.lo copy_tail
copy_blocks:
    ldp x3, x4, [x1], #16
    stp x3, x4, [x0], #16
    subs x2, x2, #16
    b.hs copy_blocks
copy_tail:
    adds x2, x2, #16
    b.eq copy_done
copy_bytes:
    ldrb w3, [x1], #1
    strb w3, [x0], #1
    subs x2, x2, #1
    b.ne copy_bytes
copy_done:
    mov x0, xzr
    ret
    nop
    nop

// Where an access goes on that faulted: all ones and a fault that is not 0, in either kind of result.
recover:
    mov x0, #-1
    mov x1, #1
    ret
    nop

// handler(W0 signal, X1 siginfo, X2 ucontext)
handler:
    ldr x9, [x2, #440]
    adr x10, load8
    sub x9, x9, x10
    cmp x9, #0xc0
    b.hs pass_on
    adr x10, recover
    str x10, [x2, #440]
    ret
pass_on:
    ldr x13, data
    add x9, x13, #16
    cmp w0, #7
    csel x9, x13, x9, eq
    ldr x11, [x9]
    ldr x12, [x9, #8]
    cbz x12, chosen
take_once:
    ldxr x11, [x9]
    stxr w12, xzr, [x9]
    cbnz w12, take_once
chosen:
    cmp x11, #1
    b.ls no_handler
    br x11
no_handler:
    ldr w14, [x1, #8]
    cmp w14, #0
    b.gt default_action
    cbnz x11, done
default_action:
    mov w15, w0
    add x1, x13, #32
    mov x2, xzr
    mov x3, #8
    mov x8, #134
    svc #0
    cmp w14, #0
    b.gt done
    mov x8, #172
    svc #0
    mov w14, w0
    mov x8, #178
    svc #0
    mov w1, w0
    mov w0, w14
    mov w2, w15
    mov x8, #131
    svc #0
done:
    ret
    .balign 16
data:
    .quad 0
