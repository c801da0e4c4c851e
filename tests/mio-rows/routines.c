/*
 * Rows about the instructions in the form in which a program has them that is not compiled for this machine: bytes in a page that was
 * written and then made executable, called as functions. These are the routines of src/VfioSharp/Mmio/S390Routines.cs, by the s390x
 * ELF ABI: the first two arguments are registers 2 and 3, the pair that the instructions want.
 */
#define _GNU_SOURCE
#include "subjects.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* `left` gets the data register and the length register; the result is the condition code. */
typedef int load_routine(const void *address, uint64_t length, uint64_t left[2]);
typedef int store_routine(const void *address, uint64_t length, uint64_t value, uint64_t left[2]);
typedef int block_routine(const void *address, uint64_t length, const void *source, uint64_t left[2]);

enum { LOAD = 0, STORE = 32, BLOCK = 64 };

static const unsigned char code[] = {
    0xb9, 0xd6, 0x00, 0x12, 0xe3, 0x10, 0x40, 0x00, 0x00, 0x24, 0xe3, 0x30, 0x40, 0x08, 0x00, 0x24,
    0xb2, 0x22, 0x00, 0x20, 0x88, 0x20, 0x00, 0x1c, 0xb9, 0x14, 0x00, 0x22, 0x07, 0xfe, 0x00, 0x00,
    0xb9, 0xd4, 0x00, 0x42, 0xe3, 0x30, 0x50, 0x08, 0x00, 0x24, 0xb2, 0x22, 0x00, 0x20, 0x88, 0x20,
    0x00, 0x1c, 0xb9, 0x14, 0x00, 0x22, 0x07, 0xfe, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xeb, 0x32, 0x40, 0x00, 0x00, 0xd4, 0xe3, 0x30, 0x50, 0x08, 0x00, 0x24, 0xb2, 0x22, 0x00, 0x20,
    0x88, 0x20, 0x00, 0x1c, 0xb9, 0x14, 0x00, 0x22, 0x07, 0xfe,
};

void routine_rows(const char *bar)
{
    static const unsigned char zeros[16] __attribute__((aligned(8)));
    uint64_t left[2];
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        give_up("mmap of a page for code");
    memcpy(page, code, sizeof code);
    if (mprotect(page, PAGE, PROT_READ | PROT_EXEC) != 0)
        give_up("mprotect of code");
    load_routine *run_load = (load_routine *)(page + LOAD);
    store_routine *run_store = (store_routine *)(page + STORE);
    block_routine *run_block = (block_routine *)(page + BLOCK);

    int stored = run_store(bar + ASQ, 8, 0x0000452301000000, left);
    run_load(bar + ASQ, 8, left);
    printf("mt stub st+ld: 0x%016lx\n", left[0]);
    int block_stored = run_block(bar + ASQ, 16, zeros, left);
    run_load(bar + ASQ, 8, left);
    printf("mt stub stb+ld: 0x%016lx\n", left[0]);
    int loaded = run_load(bar, 4, left);
    printf("mt stub: ld cc=%d value=0x%lx len=0x%lx st cc=%d stb cc=%d\n", loaded, left[0], left[1], stored, block_stored);
    loaded = run_load(bar + FAILING, 4, left);
    printf("mt stub on fault window: cc=%d status=%d\n", loaded, (int)(left[1] >> 24 & 255));
    munmap(page, PAGE);
}
