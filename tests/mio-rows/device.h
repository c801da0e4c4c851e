/* A PCI function through sysfs and through VFIO, by system calls alone. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BAR_0 = 0, CONFIGURATION_SPACE = 7, VGA = 8 };

struct region {
    uint64_t size;
    uint64_t offset;
    uint32_t flags;
};

struct device {
    const char *address; /* as in sysfs: 0001:00:00.0 */
    int file;            /* VFIO's, or -1 */
};

/* Takes the function away from its driver, if it has one. */
void unbind(const char *address);
/* Gives the function to vfio-pci. */
void bind_to_vfio(const char *address);

/* Opens it by its group and a container, or by its character device and iommufd. */
struct device open_by_group(const char *address);
struct device open_by_cdev(const char *address);

/* What VFIO says of a region; false where it says EINVAL. */
bool find_region(const struct device *device, int index, struct region *region);

/* All of BAR 0; MAP_FAILED where the kernel maps none. */
char *map_bar(const struct device *device, int protection, int flags);
/* The same, for the reading or writing that the rows need: gives up where there is none. */
char *map_bar_for(const struct device *device, int protection);
void unmap_bar(const struct device *device, char *bar);

long read_bar(const struct device *device, uint64_t offset, void *buffer, size_t length);
long write_bar(const struct device *device, uint64_t offset, const void *buffer, size_t length);

/* The command register: its bits CLEARED are turned off and its bits SET on; prints "cfg: NAME=0x0006". */
void change_command(const struct device *device, uint16_t cleared, uint16_t set, const char *name);

/* VFIO_DEVICE_RESET's result. */
long reset(const struct device *device);

#endif
