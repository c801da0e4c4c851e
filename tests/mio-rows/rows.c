#define _GNU_SOURCE
#include "rows.h"

#include "memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SHOWN = 16 };

/* What the data register of a load holds before. */
static const uint64_t UNTOUCHED = 0x5a5a5a5a5a5a5a5a;

static const char *place_of(const struct outcome *outcome, const struct instruction *instruction, uint64_t address)
{
    if (outcome->address == (uintptr_t)instruction->place)
        return "INSTRUCTION";
    return outcome->address == (address & -(uint64_t)PAGE) ? "DATA page" : "other";
}

void row(const struct instruction *instruction, const char *name, struct registers given)
{
    struct outcome outcome = try_instruction(instruction, given);
    printf("mt %s%s%s: ", instruction->name, *name ? " " : "", name);
    if (outcome.signal != 0)
        printf("SIG%s si_code=%d si_addr=%s\n", sigabbrev_np(outcome.signal), outcome.code, place_of(&outcome, instruction, given.address));
    else if (instruction == &pciwb)
        printf("ok\n");
    else if (instruction == &plain_load || instruction == &plain_store)
        printf("done\n");
    else {
        printf("cc=%d status=%d", outcome.left.condition_code, (int)(outcome.left.length >> 24 & 255));
        if (instruction->loads)
            printf(" value=0x%016lx", outcome.left.data);
        printf("\n");
    }
}

void load(const char *name, const void *address, uint64_t length)
{
    row(&pcilgi, name, (struct registers){.address = (uintptr_t)address, .length = length, .data = UNTOUCHED});
}

void store(const char *name, const void *address, uint64_t length, uint64_t value)
{
    row(&pcistgi, name, (struct registers){.address = (uintptr_t)address, .length = length, .data = value});
}

void store_block(const char *name, const void *address, uint64_t length, const void *source)
{
    row(&pcistbi, name, (struct registers){.address = (uintptr_t)address, .length = length, .source = source});
}

void load_plainly(const char *name, const void *address)
{
    row(&plain_load, name, (struct registers){.address = (uintptr_t)address});
}

void store_plainly(const char *name, const void *address)
{
    row(&plain_store, name, (struct registers){.address = (uintptr_t)address});
}

const char *error_of(long result) { return result < 0 ? strerrorname_np(errno) : "-"; }

void say_short(long result) { printf("ret=%ld %s", result, error_of(result)); }

void say_bytes(const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf("%02x", ((const unsigned char *)bytes)[i]);
}

void sys_read(const char *name, const void *address, size_t length)
{
    static char *buffer;
    if (buffer == NULL)
        buffer = fresh_pages(2);
    memset(buffer, 0xa5, 2 * PAGE);
    long result = syscall(SYS_s390_pci_mmio_read, address, buffer, length);
    printf("mt sys_read %s: ret=%ld errno=%s data=", name, result, error_of(result));
    say_bytes(buffer, length < SHOWN ? length : SHOWN);
    printf("\n");
}

void sys_write(const char *name, const void *address, const void *source, size_t length)
{
    long result = syscall(SYS_s390_pci_mmio_write, address, source, length);
    printf("mt %s: (sys_write) ret=%ld errno=%s\n", name, result, error_of(result));
}

void sys_read_into(const char *name, void *buffer, const void *address, size_t length)
{
    long result = syscall(SYS_s390_pci_mmio_read, address, buffer, length);
    printf("mt sys_read %s: ret=%ld %s", name, result, error_of(result));
}

void sys_write_from(const char *name, const void *buffer, const void *address, size_t length)
{
    long result = syscall(SYS_s390_pci_mmio_write, address, buffer, length);
    printf("mt sys_write %s: ret=%ld %s", name, result, error_of(result));
}

void give_up(const char *what)
{
    fprintf(stderr, "mio-rows: %s: %s\n", what, strerror(errno));
    exit(1);
}
