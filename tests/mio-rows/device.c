#define _GNU_SOURCE
#include "device.h"

#include "rows.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COMMAND = 4, PATH_LENGTH = 128 };

static int open_or_give_up(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        give_up(path);
    return file;
}

static void put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
        give_up(path);
    close(file);
}

void unbind(const char *address)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver/unbind", address);
    if (access(path, F_OK) == 0)
        put(path, address);
}

void bind_to_vfio(const char *address)
{
    char path[PATH_LENGTH], driver[PATH_LENGTH] = "";
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver_override", address);
    put(path, "vfio-pci");
    put("/sys/bus/pci/drivers_probe", address);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver", address);
    if (readlink(path, driver, sizeof driver - 1) < 0)
        give_up(path);
    printf("bound %s -> %s\n", address, strrchr(driver, '/') + 1);
}

struct device open_by_group(const char *address)
{
    char path[PATH_LENGTH], group_name[PATH_LENGTH] = "";
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/iommu_group", address);
    if (readlink(path, group_name, sizeof group_name - 1) < 0)
        give_up(path);
    snprintf(path, sizeof path, "/dev/vfio/%s", strrchr(group_name, '/') + 1);
    int container = open_or_give_up("/dev/vfio/vfio");
    int group = open_or_give_up(path);
    if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) != 0)
        give_up("VFIO_GROUP_SET_CONTAINER");
    if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0)
        give_up("VFIO_SET_IOMMU");
    struct device device = {.address = address, .file = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address)};
    if (device.file < 0)
        give_up("VFIO_GROUP_GET_DEVICE_FD");
    return device;
}

static void find_cdev(const char *address, char path[PATH_LENGTH])
{
    snprintf(path, PATH_LENGTH, "/sys/bus/pci/devices/%s/vfio-dev", address);
    DIR *folder = opendir(path);
    if (folder == NULL)
        give_up(path);
    errno = ENOENT;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "vfio", 4) == 0) {
            snprintf(path, PATH_LENGTH, "/dev/vfio/devices/%.32s", entry->d_name);
            closedir(folder);
            return;
        }
    }
    give_up(path);
}

struct device open_by_cdev(const char *address)
{
    char path[PATH_LENGTH];
    find_cdev(address, path);
    struct device device = {.address = address, .file = open_or_give_up(path)};
    int iommufd = open_or_give_up("/dev/iommu");
    struct vfio_device_bind_iommufd bind = {.argsz = sizeof bind, .iommufd = iommufd};
    if (ioctl(device.file, VFIO_DEVICE_BIND_IOMMUFD, &bind) != 0)
        give_up("VFIO_DEVICE_BIND_IOMMUFD");
    struct iommu_ioas_alloc space = {.size = sizeof space};
    if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &space) != 0)
        give_up("IOMMU_IOAS_ALLOC");
    struct vfio_device_attach_iommufd_pt attach = {.argsz = sizeof attach, .pt_id = space.out_ioas_id};
    if (ioctl(device.file, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) != 0)
        give_up("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
    return device;
}

bool find_region(const struct device *device, int index, struct region *region)
{
    struct vfio_region_info info = {.argsz = sizeof info, .index = (uint32_t)index};
    if (ioctl(device->file, VFIO_DEVICE_GET_REGION_INFO, &info) != 0) {
        if (errno != EINVAL)
            give_up("VFIO_DEVICE_GET_REGION_INFO");
        return false;
    }
    *region = (struct region){.size = info.size, .offset = info.offset, .flags = info.flags};
    return true;
}

static struct region region_of(const struct device *device, int index)
{
    struct region region;
    if (!find_region(device, index, &region))
        give_up("region");
    return region;
}

char *map_bar(const struct device *device, int protection, int flags)
{
    struct region region = region_of(device, BAR_0);
    return mmap(NULL, region.size, protection, MAP_SHARED | flags, device->file, (off_t)region.offset);
}

char *map_bar_for(const struct device *device, int protection)
{
    char *bar = map_bar(device, protection, 0);
    if (bar == MAP_FAILED)
        give_up("mmap of BAR 0");
    return bar;
}

void unmap_bar(const struct device *device, char *bar)
{
    if (munmap(bar, region_of(device, BAR_0).size) != 0)
        give_up("munmap of BAR 0");
}

long read_bar(const struct device *device, uint64_t offset, void *buffer, size_t length)
{
    uint64_t start = region_of(device, BAR_0).offset;
    return pread(device->file, buffer, length, (off_t)(start + offset));
}

long write_bar(const struct device *device, uint64_t offset, const void *buffer, size_t length)
{
    uint64_t start = region_of(device, BAR_0).offset;
    return pwrite(device->file, buffer, length, (off_t)(start + offset));
}

void change_command(const struct device *device, uint16_t cleared, uint16_t set, const char *name)
{
    off_t place = (off_t)region_of(device, CONFIGURATION_SPACE).offset + COMMAND;
    uint16_t command;
    if (pread(device->file, &command, sizeof command, place) != sizeof command)
        give_up("the command register");
    if ((cleared | set) != 0) {
        command = htole16((uint16_t)((le16toh(command) & ~cleared) | set));
        if (pwrite(device->file, &command, sizeof command, place) != sizeof command ||
            pread(device->file, &command, sizeof command, place) != sizeof command)
            give_up("the command register");
    }
    printf("mt cfg: %s=0x%04x\n", name, le16toh(command));
}

long reset(const struct device *device) { return ioctl(device->file, VFIO_DEVICE_RESET); }
