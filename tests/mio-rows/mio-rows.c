/*
 * What this kernel and this machine answer to a program that tries every way to a PCI function's registers: loads and stores of the MIO
 * instructions, the two MMIO system calls, plain accesses, the device's file; at good addresses and at bad ones, with memory decoding on and
 * off. Each line is a question and its answer, in the order and in the words of the recordings (tests/VfioSharp.Zpci.Tests/Recordings), so
 * that line stands against line.
 *
 * mio-rows ADDRESS group|cdev   a function, QEMU's NVMe controller: without a driver at first, then opened through VFIO either way
 * mio-rows ADDRESS combined     a function with a BAR 4 for combined stores, such as QEMU's virtio-rng-pci, by its files in sysfs
 * mio-rows                      a machine without PCI
 */
#include "subjects.h"

#include "memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { DECODING_AND_BUS_MASTER = 6 };

static void region_row(const struct device *device, int index)
{
    struct region region;
    if (find_region(device, index, &region))
        printf("mt region: %d size=0x%lx flags=0x%x offset=0x%lx\n", index, region.size, region.flags, region.offset);
    else
        printf("mt region: %d EINVAL\n", index);
}

void region_rows(const struct device *device)
{
    uint64_t capabilities;
    region_row(device, BAR_0);
    region_row(device, CONFIGURATION_SPACE);
    region_row(device, VGA);
    change_command(device, 0, DECODING_AND_BUS_MASTER, "command");
    long result = read_bar(device, 0, &capabilities, sizeof capabilities);
    printf("mt pread8@0: ret=%ld errno=%s data=%016lx\n", result, error_of(result), __builtin_bswap64(capabilities));
}

static void mapping_rows(const struct device *device, char *bar)
{
    load_rows(device, bar);
    sys_read_rows(bar);
    page_rows(bar);
    read_buffer_rows(bar);
    write_buffer_rows(device, bar);
    store_rows(device, bar);
    store_block_rows(device, bar);
    sys_write_rows(device, bar);
    permission_rows(device);
    plain_rows(device, bar);
    other_way_rows(bar);
    failing_register_rows(device, bar);
    decoding_rows(device, bar);
    reset_rows(device, bar);
    /* There no trap is caught. */
    if (try_instruction(&pcilgi, (struct registers){.address = (uintptr_t)bar, .length = 4}).signal == 0)
        routine_rows(bar);
    unmap_bar(device, bar);
    load("after munmap", bar, 4);
}

static void vfio_rows(const struct device *device)
{
    struct region region;
    region_rows(device);
    address_rows();
    if (!find_region(device, BAR_0, &region))
        give_up("BAR 0");
    char *bar = map_bar(device, PROT_READ | PROT_WRITE, 0);
    printf("mt mmap RW: flags=0x%x %s\n", region.flags, bar == MAP_FAILED ? error_of(-1) : "ok");
    if (bar != MAP_FAILED) {
        mapping_rows(device, bar);
        return;
    }
    length_rows(unmapped());
    decoding_file_rows(device);
}

static int usage(void)
{
    fprintf(stderr, "Usage: mio-rows [ADDRESS group|cdev|combined]\n");
    return 2;
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    processor_rows();
    if (count == 1) {
        kernel_rows();
        address_rows();
        return 0;
    }
    if (count != 3)
        return usage();
    const char *address = arguments[1], *way = arguments[2];
    bool by_group = strcmp(way, "group") == 0, combined = strcmp(way, "combined") == 0;
    if (!by_group && !combined && strcmp(way, "cdev") != 0)
        return usage();
    unbind(address);
    function_rows(address);
    kernel_rows();
    if (combined) {
        combined_file_rows(address);
        return 0;
    }
    resource_file_rows(address);
    bind_to_vfio(address);
    kernel_rows();
    struct device device = by_group ? open_by_group(address) : open_by_cdev(address);
    vfio_rows(&device);
    return 0;
}
