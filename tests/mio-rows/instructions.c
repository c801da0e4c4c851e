/*
 * Opcodes and operands as in Linux arch/s390/pci/pci_insn.c. They are written by format and number, so that any assembler takes them. Each
 * stands once, in a function of its own, with a label on it: by that a signal's address is known to be the instruction's.
 */
#define _GNU_SOURCE
#include "instructions.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ONCE __attribute__((noinline, noclone)) static

/* An even register and the odd one behind it. */
union pair {
    unsigned __int128 both;
    struct {
        uint64_t even, odd;
    };
};

static int condition_code(unsigned int program_mask) { return program_mask >> 28 & 3; }

ONCE void execute_pcilgi(struct registers *r)
{
    union pair where = {.even = r->address, .odd = r->length};
    uint64_t data = r->data;
    unsigned int mask;
    asm volatile("at_pcilgi: .insn rre,0xb9d60000,%[data],%[where]\n\t"
                 "ipm %[mask]"
                 : [data] "+d"(data), [where] "+d"(where.both), [mask] "=d"(mask)
                 :
                 : "cc", "memory");
    r->data = data;
    r->length = where.odd;
    r->condition_code = condition_code(mask);
}

/* Register 3, where an even register belongs. */
ONCE void execute_pcilgi_odd(struct registers *r)
{
    register uint64_t address asm("3") = r->address;
    register uint64_t length asm("4") = r->length;
    register uint64_t data asm("1") = r->data;
    unsigned int mask;
    asm volatile("at_pcilgi_odd: .insn rre,0xb9d60000,%%r1,%%r3\n\t"
                 "ipm %[mask]"
                 : "+d"(data), "+d"(length), [mask] "=d"(mask)
                 : "d"(address)
                 : "cc", "memory");
    r->data = data;
    r->length = length;
    r->condition_code = condition_code(mask);
}

ONCE void execute_pcistgi(struct registers *r)
{
    union pair where = {.even = r->address, .odd = r->length};
    unsigned int mask;
    asm volatile("at_pcistgi: .insn rre,0xb9d40000,%[data],%[where]\n\t"
                 "ipm %[mask]"
                 : [where] "+d"(where.both), [mask] "=&d"(mask)
                 : [data] "d"(r->data)
                 : "cc", "memory");
    r->length = where.odd;
    r->condition_code = condition_code(mask);
}

ONCE void execute_pcistbi(struct registers *r)
{
    uint64_t length = r->length;
    unsigned int mask;
    asm volatile("at_pcistbi: .insn rsy,0xeb00000000d4,%[length],%[address],0(%[source])\n\t"
                 "ipm %[mask]"
                 : [length] "+d"(length), [mask] "=&d"(mask)
                 : [address] "d"(r->address), [source] "a"(r->source)
                 : "cc", "memory");
    r->length = length;
    r->condition_code = condition_code(mask);
}

ONCE void execute_pciwb(struct registers *r)
{
    (void)r;
    asm volatile("at_pciwb: .insn rre,0xb9d50000,%%r0,%%r0" ::: "memory");
}

ONCE void execute_plain_load(struct registers *r)
{
    uint32_t data;
    asm volatile("at_plain_load: l %[data],0(%[address])" : [data] "=d"(data) : [address] "a"(r->address) : "memory");
    r->data = data;
}

ONCE void execute_plain_store(struct registers *r)
{
    asm volatile("at_plain_store: st %[data],0(%[address])" : : [data] "d"((uint32_t)r->data), [address] "a"(r->address) : "memory");
}

extern const char at_pcilgi[], at_pcilgi_odd[], at_pcistgi[], at_pcistbi[], at_pciwb[], at_plain_load[], at_plain_store[];

const struct instruction pcilgi = {"pcilgi", execute_pcilgi, at_pcilgi, true};
const struct instruction pcilgi_odd = {"pcilgi", execute_pcilgi_odd, at_pcilgi_odd, true};
const struct instruction pcistgi = {"pcistgi", execute_pcistgi, at_pcistgi, false};
const struct instruction pcistbi = {"pcistbi", execute_pcistbi, at_pcistbi, false};
const struct instruction pciwb = {"pciwb", execute_pciwb, at_pciwb, false};
const struct instruction plain_load = {"plain load", execute_plain_load, at_plain_load, true};
const struct instruction plain_store = {"plain store", execute_plain_store, at_plain_store, false};

static const int signals[] = {SIGILL, SIGSEGV, SIGBUS};
static sigjmp_buf beside;
static volatile sig_atomic_t trying;
static siginfo_t raised;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    /* One of this program's own mistakes: with the default action the instruction that raised it ends the program. */
    if (!trying) {
        signal(number, SIG_DFL);
        return;
    }
    raised = *info;
    siglongjmp(beside, 1);
}

__attribute__((constructor)) static void catch_signals(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    for (unsigned int i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sigaction(signals[i], &action, NULL) != 0) {
            perror("sigaction");
            exit(1);
        }
    }
}

struct outcome try_instruction(const struct instruction *instruction, struct registers given)
{
    static struct registers registers; /* not a local variable: those are lost where the signal's handler comes back by a jump */
    struct outcome outcome = {0};
    registers = given;
    if (sigsetjmp(beside, 1) == 0) {
        trying = 1;
        instruction->execute(&registers);
        trying = 0;
        return (struct outcome){.left = registers};
    }
    trying = 0;
    outcome = (struct outcome){.signal = raised.si_signo, .code = raised.si_code, .address = (uintptr_t)raised.si_addr, .left = registers};
    return outcome;
}
