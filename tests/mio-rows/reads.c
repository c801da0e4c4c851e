/* Rows about loads of a mapped BAR, by the instruction and by the system call, from every offset and in every length. */
#define _GNU_SOURCE
#include "subjects.h"

#include "memory.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DOUBLEWORD = 8 };

/* The lengths that are tried from an offset within a doubleword. */
static const unsigned int lengths[] = {1, 2, 3, 4, 5, 8};

static void name_of(char name[32], unsigned int offset, unsigned int length) { snprintf(name, 32, "off%u len%u", offset, length); }

/* Three ways lead to the same bytes. */
static void compare(const struct device *device, const char *bar)
{
    unsigned char by_file[DOUBLEWORD] = {0}, by_call[DOUBLEWORD] = {0};
    uint64_t number;
    long result = read_bar(device, 0, by_file, sizeof by_file);
    memcpy(&number, by_file, sizeof number);
    struct outcome loaded = try_instruction(&pcilgi, (struct registers){.address = (uintptr_t)bar, .length = DOUBLEWORD});
    bool same = result == DOUBLEWORD && loaded.signal == 0 && loaded.left.condition_code == 0 && loaded.left.data == number;
    printf("mt compare: pcilgi8 %s pread8 bytes (big-endian value of the same bytes)\n", same ? "==" : "!=");
    same = syscall(SYS_s390_pci_mmio_read, bar, by_call, sizeof by_call) == 0 && memcmp(by_call, by_file, sizeof by_file) == 0;
    printf("mt compare: sys_read8 %s pread8\n", same ? "==" : "!=");
}

void load_rows(const struct device *device, const char *bar)
{
    char name[32];
    load("first touch off0 len8", bar, 8);
    load("second off0 len8", bar, 8);
    compare(device, bar);
    for (unsigned int length = 0; length <= 9; length++) {
        name_of(name, 0, length);
        load(name, bar, length);
    }
    for (unsigned int offset = 1; offset < DOUBLEWORD; offset++) {
        for (size_t i = 0; i < COUNT(lengths); i++) {
            name_of(name, offset, lengths[i]);
            load(name, bar + offset, lengths[i]);
        }
    }
    load("len 0x1000004 (garbage above)", bar, 0x1000004);
    load("len 0x14", bar, 0x14);
    load("len 1<<32|4", bar, 1ul << 32 | 4);
    row(&pcilgi_odd, "odd R2", (struct registers){.address = (uintptr_t)bar, .length = 4});
}

void sys_read_rows(const char *bar)
{
    static const unsigned int longer[] = {9, 12, 16, 24, 64, 128, 256, 4096};
    char name[32];
    for (unsigned int offset = 0; offset < DOUBLEWORD; offset++) {
        for (size_t i = 0; i < COUNT(lengths); i++) {
            name_of(name, offset, lengths[i]);
            sys_read(name, bar + offset, lengths[i]);
        }
    }
    for (size_t i = 0; i < COUNT(longer); i++) {
        name_of(name, 0, longer[i]);
        sys_read(name, bar, longer[i]);
    }
    length_rows(bar);
}

void length_rows(const char *address)
{
    sys_read("len0", address, 0);
    sys_read("len4097", address, PAGE + 1);
}

void page_rows(const char *bar)
{
    sys_read("off4094 len4 (page cross)", bar + 4094, 4);
    load("off4094 len4 (page cross)", bar + 4094, 4);
    load("off4092 len8 (page cross)", bar + 4092, 8);
    load("first touch second page", bar + PAGE, 4);
    sys_read("first touch third page", bar + 2 * PAGE, 4);
}
