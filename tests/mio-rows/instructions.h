/* The MIO instructions and plain accesses, each as something that can be tried: it may trap. */
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What an instruction is given, and what it leaves. */
struct registers {
    uint64_t address;
    uint64_t length;    /* the register behind the address; afterwards it has a status in its bits 32 to 39 */
    uint64_t data;      /* what is stored, or what a load brought */
    const void *source; /* of a block store */
    int condition_code;
};

struct instruction {
    const char *name;
    void (*execute)(struct registers *);
    const char *place; /* where it stands in this program: what a trap of an instruction itself points to */
    bool loads;
};

extern const struct instruction pcilgi, pcilgi_odd, pcistgi, pcistbi, pciwb, plain_load, plain_store;

/* How an attempt ended: no signal is 0. */
struct outcome {
    int signal;
    int code;
    uint64_t address;
    struct registers left;
};

/* Executes an instruction, and comes back even where that raises SIGILL, SIGSEGV or SIGBUS. */
struct outcome try_instruction(const struct instruction *instruction, struct registers given);

#endif
