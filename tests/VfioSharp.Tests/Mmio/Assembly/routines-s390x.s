# The source of src/VfioSharp/Mmio/S390Routines.cs. `./assemble` turns it into routines-s390x.lst, which the tests compare with the C# bytes.
# s390x ELF ABI: arguments in r2 to r6, the result in r2, r14 leads back; r0 to r5 belong to the routine.
# The assembler knows no names for the PCI instructions, so they are given as .insn: format, opcode, operands.
    .text

# A slot of 32 bytes per routine; the result is the condition code, or after a fault the signal's number, negative.
# load(r2 address, r3 length, r4 where the value and the length register go): PCILGI
load:
    .insn rre,0xb9d60000,%r1,%r2
    stg %r1,0(%r4)
    stg %r3,8(%r4)
    ipm %r2
    srl %r2,28
    lgfr %r2,%r2
    br %r14
    .org 32, 0
# store(r2 address, r3 length, r4 value, r5 where 0 and the length register go): PCISTGI
store:
    .insn rre,0xb9d40000,%r4,%r2
    stg %r3,8(%r5)
    ipm %r2
    srl %r2,28
    lgfr %r2,%r2
    br %r14
    .org 64, 0
# store_block(r2 address, r3 length, r4 source, r5 as in store): PCISTBI
store_block:
    .insn rsy,0xeb00000000d4,%r3,%r2,0(%r4)
    stg %r3,8(%r5)
    ipm %r2
    srl %r2,28
    lgfr %r2,%r2
    br %r14
    .org 96, 0
# write_barrier(): PCIWB
write_barrier:
    .insn rre,0xb9d50000,%r0,%r0
    lghi %r2,0
    br %r14
    .org 128, 0

# Where an access goes on that faulted: the handler has put the result into r2.
recover:
    br %r14
    .org 144, 0

# handler(r2 signal, r3 siginfo, r4 ucontext)
handler:
    lg %r1,48(%r4)
    larl %r0,load
    sgr %r1,%r0
    clgfi %r1,128
    jhe pass_on
    larl %r1,recover
    stg %r1,48(%r4)
    lcgr %r1,%r2
    stg %r1,72(%r4)
    br %r14
# Not one of ours: the predecessor takes over with the registers and the stack as they came.
pass_on:
    lgrl %r1,data
    chi %r2,7
    je found
    chi %r2,4
    je illegal
    aghi %r1,16
    j found
illegal:
    aghi %r1,80
found:
    lg %r0,0(%r1)
    clghsi 8(%r1),0
    je chosen
# It serves one signal only (SA_RESETHAND): whoever is first takes it.
    lghi %r0,0
    lang %r0,%r0,0(%r1)
chosen:
    clgfi %r0,1
    jle no_handler
    lgr %r1,%r0
    br %r1
# The default action, or nothing where the signal was ignored; but a fault (si_code above 0) cannot be ignored.
no_handler:
    chsi 8(%r3),0
    jh default_action
    ltgr %r0,%r0
    jne done
# A page fault leaves the PSW at the instruction, which faults again under the default action. SIGILL leaves it behind the instruction, so
# that the signal has to be sent once more, as one that was sent has to be.
default_action:
    lgf %r0,8(%r3)
    lgr %r1,%r2
    lgrl %r3,data
    aghi %r3,32
    lghi %r4,0
    lghi %r5,8
    svc 174
    chi %r0,0
    jnh send
    chi %r1,4
    jne done
send:
    svc 20
    lgr %r5,%r2
    svc 236
    lgr %r3,%r2
    lgr %r2,%r5
    lgr %r4,%r1
    svc 241
done:
    br %r14
    .balign 8, 0
data:
    .quad 0
