/* Rows about stores to the registers of an NVMe controller that keep what is stored, by the instructions and by the system call. */
#define _GNU_SOURCE
#include "subjects.h"

#include "memory.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

/* What ASQ and ACQ get. No queue is there: the controller stays disabled. */
static const unsigned char queues[16] __attribute__((aligned(8))) = {0x00, 0x20, 0x12, 0x13, 0x14, 0x15, 0x16, 0x00,
                                                                     0x00, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x00};

/* What the registers hold by another way than the one that is tried. */
static void held(const struct device *device, const char *name, uint64_t offset, size_t length)
{
    unsigned char bytes[16];
    if (read_bar(device, offset, bytes, length) != (long)length)
        give_up(name);
    printf("mt %s=", name);
    say_bytes(bytes, length);
    printf("\n");
}

void store_rows(const struct device *device, const char *bar)
{
    uint32_t attributes;
    store("AQA len4 LE 0x001f001f (value 0x1f001f00)", bar + AQA, 4, 0x1f001f00);
    load("AQA readback", bar + AQA, 4);
    if (read_bar(device, AQA, &attributes, sizeof attributes) != sizeof attributes)
        give_up("AQA");
    printf("mt AQA by pread: 0x%08x\n", le32toh(attributes));
    store("ASQ len8", bar + ASQ, 8, 0x0010325476000000);
    load("ASQ readback", bar + ASQ, 8);
    held(device, "ASQ bytes", ASQ, 8);
    store("ASQ+1 len4", bar + ASQ + 1, 4, 0);
    store("ASQ+4 len8 (crosses 8)", bar + ASQ + 4, 8, 0);
    store("AQA len2", bar + AQA, 2, 0);
    load("AQA readback", bar + AQA, 4);
}

void store_block_rows(const struct device *device, const char *bar)
{
    char *source = fresh_pages(1);
    memset(source, 0, PAGE);
    store_block("16 bytes @ASQ", bar + ASQ, 16, queues);
    printf("mt src=");
    say_bytes(queues, sizeof queues);
    printf("\n");
    held(device, "ASQ/ACQ bytes", ASQ, 16);
    store_block("len 8", bar + ASQ, 8, source);
    store_block("len 12", bar + ASQ, 12, source);
    store_block("len 0", bar + ASQ, 0, source);
    store_block("len 136 (> maxstbl)", bar + ASQ, 136, source);
    store_block("dst unaligned", bar + ASQ + 4, 16, source);
    store_block("src unaligned", bar + ASQ, 16, source + 4);
    store_block("page cross", bar + PAGE - 8, 16, source);
    store_block("src unmapped", bar + ASQ, 16, unmapped());
    store_block("src never touched", bar + ASQ, 16, fresh_pages(1));
    store_block("dst unmapped", unmapped(), 16, source);
    store_block("dst RAM", source, 16, queues);
}

void sys_write_rows(const struct device *device, const char *bar)
{
    static const struct {
        const char *name;
        uint64_t offset;
        size_t length;
        size_t source; /* its offset from a multiple of 8 */
    } rows[] = {
        {"WR 16 src 4-aligned @0x28", ASQ, 16, 4},
        {"WR 8 @0x28", ASQ, 8, 0},
        {"WR 4 @0x24", AQA, 4, 0},
        {"WR off1 len2", 1, 2, 0},
        {"WR len3 @0x24", AQA, 3, 0},
        {"WR page cross", PAGE - 2, 4, 0},
        {"WR len0", AQA, 0, 0},
    };
    char *source = fresh_pages(1);
    memset(source, 0, PAGE);
    sys_write("WR 16 aligned @0x28", bar + ASQ, queues, sizeof queues);
    held(device, "ASQ/ACQ bytes", ASQ, 16);
    for (size_t i = 0; i < COUNT(rows); i++)
        sys_write(rows[i].name, bar + rows[i].offset, source + rows[i].source, rows[i].length);
}
