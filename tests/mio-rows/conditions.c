/* Rows about accesses that fail: five registers whose every access does, memory decoding turned off, and a reset. */
#define _GNU_SOURCE
#include "subjects.h"

#include <stdio.h>
#include <sys/mman.h>

enum { MEMORY_DECODING = 2, REGISTER = 8 };

static const unsigned char zeros[16] __attribute__((aligned(8)));

/* "NAME: (pread) ret=4 - data=ffffffff", and pwrite: the kernel's own accesses. */
static void by_file(const struct device *device, const char *name, uint64_t offset)
{
    unsigned char buffer[4];
    long result = read_bar(device, offset, buffer, sizeof buffer);
    printf("mt %s: (pread) ", name);
    say_short(result);
    if (result > 0) {
        printf(" data=");
        say_bytes(buffer, (size_t)result);
    }
    result = write_bar(device, offset, zeros, 4);
    printf("\nmt %s: (pwrite) ", name);
    say_short(result);
    printf("\n");
}

void failing_register_rows(const struct device *device, const char *bar)
{
    static const char *const names[] = {
        "fault window cc1 st12", "fault window cc2", "fault window cc3", "fault window operand exc", "fault window addressing exc",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        uint64_t offset = FAILING + i * REGISTER;
        load(names[i], bar + offset, 4);
        store(names[i], bar + offset, 4, 0);
        store_block(names[i], bar + offset, 16, zeros);
        sys_read(names[i], bar + offset, 4);
        sys_write(names[i], bar + offset, zeros, 4);
        sys_write(names[i], bar + offset, zeros, 16);
        by_file(device, names[i], offset);
    }
    sys_read("read 16 from fw-8 (8 good + cc1)", bar + FAILING - 8, 16);
}

static void file_row(const struct device *device)
{
    char buffer[4];
    long result = read_bar(device, 0, buffer, sizeof buffer);
    printf("mt pread decode off: ");
    say_short(result);
    printf("\n");
}

void decoding_file_rows(const struct device *device)
{
    change_command(device, MEMORY_DECODING, 0, "command");
    file_row(device);
    char *bar = map_bar(device, PROT_READ | PROT_WRITE, 0);
    printf("mt mmap decode off: %s\n", bar == MAP_FAILED ? error_of(-1) : "ok");
    change_command(device, 0, MEMORY_DECODING, "command");
}

void decoding_rows(const struct device *device, const char *bar)
{
    change_command(device, MEMORY_DECODING, 0, "command");
    load("decode off, old mapping", bar, 4);
    store("decode off, old mapping", bar + AQA, 4, 0);
    sys_read("decode off, old mapping", bar, 4);
    sys_write("decode off, old mapping", bar + AQA, zeros, 4);
    file_row(device);
    char *fresh = map_bar(device, PROT_READ | PROT_WRITE, 0);
    printf("mt mmap decode off: %s\n", fresh == MAP_FAILED ? error_of(-1) : "ok");
    if (fresh == MAP_FAILED)
        give_up("mmap of BAR 0 while it is off");
    load("decode off, new mapping", fresh, 4);
    sys_read("decode off, new mapping", fresh, 4);
    load_plainly("decode off, new mapping", fresh);
    change_command(device, 0, MEMORY_DECODING, "command");
    load("decode on again, old mapping", bar, 4);
    load("decode on again, new mapping", fresh, 4);
    sys_read("decode on again", bar, 4);
    unmap_bar(device, fresh);
}

void reset_rows(const struct device *device, const char *bar)
{
    long result = reset(device);
    printf("mt VFIO_DEVICE_RESET: ");
    say_short(result);
    printf("\n");
    load("after reset", bar, 4);
    sys_read("after reset", bar, 4);
    change_command(device, 0, 0, "command after reset");
}
