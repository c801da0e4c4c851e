/* Rows about buffers of the system calls that cannot be used, or not all of them, or that lie across the end of a page. */
#include "subjects.h"

#include "memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static void *const FAR_AWAY = (void *)(1ul << 62);

static char *read_only(void)
{
    char *page = fresh_pages(1);
    page[0] = 1;
    if (mprotect(page, PAGE, PROT_READ) != 0)
        give_up("mprotect");
    return page;
}

static void read_into(const char *name, void *buffer, const char *bar, size_t length)
{
    sys_read_into(name, buffer, bar, length);
    printf("\n");
}

/* Of a buffer whose first bytes alone are memory: what arrived there before the error. */
static void read_into_half(const char *name, const char *bar, size_t mapped, const char *label)
{
    char *buffer = end_of_memory() - mapped;
    sys_read_into(name, buffer, bar, 2 * mapped);
    printf(" %s=", label);
    say_bytes(buffer, 4);
    printf("\n");
}

/* A buffer at an offset in the first of two pages, into which the first registers are read and from which ASQ and what follows are written. */
static void across_pages(const char *bar, size_t offset, size_t length, bool writes)
{
    char name[64];
    char *pages = fresh_pages(2);
    memset(pages, 0, 2 * PAGE);
    snprintf(name, sizeof name, "buffer at page offset: %zu len %zu", offset, length);
    read_into(name, pages + offset, bar, length);
    if (!writes)
        return;
    memset(pages, 0, 2 * PAGE);
    snprintf(name, sizeof name, "buffer at page offset: %zu len %zu @0x28", offset, length);
    sys_write_from(name, pages + offset, bar + ASQ, length);
    printf("\n");
}

void read_buffer_rows(const char *bar)
{
    static const struct {
        size_t offset, length;
        bool writes;
    } places[] = {
        {4092, 16, true}, {4095, 8, true}, {4094, 4, true}, {4088, 16, true}, {4092, 8, true},
        {4092, 4096, false}, {4090, 8, true}, {4092, 12, true}, {4, 4096, false},
    };
    read_into("NULL buffer", NULL, bar, 4);
    read_into("unmapped buffer", unmapped(), bar, 4);
    read_into("unmapped buffer len1", unmapped(), bar, 1);
    read_into("unmapped buffer len2", unmapped(), bar, 2);
    read_into("unmapped buffer len8", unmapped(), bar, 8);
    read_into("buffer last byte of 3 unmapped", end_of_memory() - 2, bar, 3);
    read_into("buffer = the mapping itself", (void *)bar, bar, 4);
    sys_write_from("buffer = the mapping itself", bar, bar + ASQ, 4);
    printf("\n");
    for (size_t i = 0; i < COUNT(places); i++)
        across_pages(bar, places[i].offset, places[i].length, places[i].writes);
    read_into("read-only buffer", read_only(), bar, 4);
    read_into_half("buffer half unmapped 8", bar, 4, "bytes");
    read_into_half("buffer half unmapped 16", bar, 8, "first8");
    read_into("buffer straddles page, never touched", fresh_pages(2) + 4092, bar, 8);
    read_into("buffer 1<<62", FAR_AWAY, bar, 4);
}

static void write_from(const char *name, const void *buffer, const char *bar, size_t length)
{
    sys_write_from(name, buffer, bar + ASQ, length);
    printf("\n");
}

/* A buffer of which only the first bytes, all of them 0x11, are memory. */
static void write_from_part(const char *name, const char *bar, size_t mapped, size_t length)
{
    char *buffer = end_of_memory() - mapped;
    memset(buffer, 0x11, mapped);
    write_from(name, buffer, bar, length);
}

/* What has been stored by then. */
static void queue_addresses(const struct device *device)
{
    unsigned char bytes[16];
    if (read_bar(device, ASQ, bytes, sizeof bytes) != sizeof bytes)
        give_up("ASQ and ACQ");
    printf("mt ASQ/ACQ after=");
    say_bytes(bytes, sizeof bytes);
    printf("\n");
}

void write_buffer_rows(const struct device *device, const char *bar)
{
    write_from("NULL buffer", NULL, bar, 4);
    write_from("unmapped buffer", unmapped(), bar, 4);
    write_from_part("buffer half unmapped 8", bar, 4, 8);
    write_from_part("buffer half unmapped 16 (pcistbi)", bar, 8, 16);
    queue_addresses(device);
    write_from_part("unaligned buffer half unmapped 16 (8+..)", bar, 12, 16);
    queue_addresses(device);
    write_from("buffer 1<<62", FAR_AWAY, bar, 4);
}
