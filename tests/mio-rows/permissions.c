/* Rows about what a mapping allows, and about whose access comes first, since the kernel fills a mapping's pages in when they are touched. */
#include "subjects.h"

#include <stdio.h>
#include <sys/mman.h>

static const unsigned char zeros[16] __attribute__((aligned(8)));

static void read_only_rows(const struct device *device)
{
    char *bar = map_bar_for(device, PROT_READ);
    load("RO mapping first touch", bar, 4);
    store("RO mapping", bar + AQA, 4, 0);
    store_block("RO mapping", bar + ASQ, 16, zeros);
    sys_read("RO mapping", bar, 4);
    sys_write("RO mapping", bar + AQA, zeros, 4);
    unmap_bar(device, bar);
    load("after munmap", bar, 4);
    sys_read("after munmap", bar, 4);

    bar = map_bar_for(device, PROT_READ);
    store("RO mapping first touch", bar + AQA, 4, 0);
    unmap_bar(device, bar);
    bar = map_bar_for(device, PROT_READ);
    sys_write("RO mapping first touch", bar + AQA, zeros, 4);
    unmap_bar(device, bar);
}

static void write_only_rows(const struct device *device)
{
    char *bar = map_bar_for(device, PROT_WRITE);
    load("WO mapping first touch", bar, 4);
    sys_read("WO mapping", bar, 4);
    store("WO mapping", bar + AQA, 4, 0);
    unmap_bar(device, bar);
}

static void closed_rows(const struct device *device)
{
    char *bar = map_bar_for(device, PROT_NONE);
    load("PROT_NONE", bar, 4);
    store("PROT_NONE", bar + AQA, 4, 0);
    sys_read("PROT_NONE", bar, 4);
    sys_write("PROT_NONE", bar + AQA, zeros, 4);
    unmap_bar(device, bar);
}

static void protected_rows(const struct device *device)
{
    char *bar = map_bar_for(device, PROT_READ | PROT_WRITE);
    struct region region;
    store("RW first touch is store", bar + AQA, 4, 0);
    load("then load", bar, 4);
    if (!find_region(device, BAR_0, &region) || mprotect(bar, region.size, PROT_READ) != 0)
        give_up("mprotect of BAR 0");
    store("after mprotect RO", bar + AQA, 4, 0);
    sys_write("after mprotect RO", bar + AQA, zeros, 4);
    load("after mprotect RO", bar, 4);
    unmap_bar(device, bar);
}

static void first_call_rows(const struct device *device)
{
    char *bar = map_bar_for(device, PROT_READ | PROT_WRITE);
    sys_read("first touch by sys_read", bar, 4);
    sys_write("then sys_write", bar + AQA, zeros, 4);
    unmap_bar(device, bar);
    bar = map_bar_for(device, PROT_READ | PROT_WRITE);
    sys_write("first touch by sys_write", bar + AQA, zeros, 4);
    unmap_bar(device, bar);
}

static void populated_rows(const struct device *device)
{
    char *bar = map_bar(device, PROT_READ | PROT_WRITE, MAP_POPULATE);
    printf("mt mmap POPULATE: %s\n", bar == MAP_FAILED ? error_of(-1) : "ok");
    if (bar == MAP_FAILED)
        return;
    load("POPULATE", bar, 4);
    unmap_bar(device, bar);
}

void permission_rows(const struct device *device)
{
    read_only_rows(device);
    write_only_rows(device);
    closed_rows(device);
    protected_rows(device);
    first_call_rows(device);
    populated_rows(device);
}
