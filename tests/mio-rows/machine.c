/* Rows about the machine, and about a function as sysfs shows it. */
#define _GNU_SOURCE
#include "subjects.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LINE = 4096, PATH_LENGTH = 128, RESOURCES = 6, MEMORY_IO_FACILITY = 153, MEMORY_IO_CAPABILITY = 1 << 21 };

static FILE *open_text(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        give_up(path);
    return file;
}

/* Whether a list of numbers, "0 1 153", has a number. */
static bool has(char *list, int number)
{
    for (const char *word = strtok(list, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        if (atoi(word) == number)
            return true;
    }
    return false;
}

void processor_rows(void)
{
    char line[LINE];
    FILE *file = open_text("/proc/cpuinfo");
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "features", strlen("features")) == 0)
            printf("cpu %s", line);
        if (strncmp(line, "facilities", strlen("facilities")) == 0)
            printf("cpu facilities%d=%d\n", MEMORY_IO_FACILITY, has(strchr(line, ':') + 1, MEMORY_IO_FACILITY));
    }
    fclose(file);
}

void kernel_rows(void)
{
    struct utsname name;
    if (uname(&name) != 0)
        give_up("uname");
    printf("mt uname: %s\n", name.release);
    unsigned long capabilities = getauxval(AT_HWCAP);
    const char *platform = (const char *)getauxval(AT_PLATFORM);
    printf("mt hwcap: 0x%lx PCI_MIO=%d platform=%s\n", capabilities, (capabilities & MEMORY_IO_CAPABILITY) != 0, platform);
}

/* A file of the function's folder in sysfs, without the end of its line. */
static const char *attribute(const char *address, const char *name)
{
    static char text[LINE];
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", address, name);
    FILE *file = open_text(path);
    if (fgets(text, sizeof text, file) == NULL)
        give_up(path);
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static int is_resource(const struct dirent *entry) { return strncmp(entry->d_name, "resource", strlen("resource")) == 0; }

static void resource_rows(const char *address)
{
    char path[PATH_LENGTH], line[LINE];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s", address);
    struct dirent **entries;
    int count = scandir(path, &entries, is_resource, alphasort);
    if (count < 0)
        give_up(path);
    printf("sysfs %s resource files: ", address);
    for (int i = 0; i < count; i++) {
        struct stat status;
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%.32s", address, entries[i]->d_name);
        if (stat(path, &status) != 0)
            give_up(path);
        printf("%ld %s;", (long)status.st_size, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    printf("\n");

    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/resource", address);
    FILE *file = open_text(path);
    for (int i = 0; i < RESOURCES && fgets(line, sizeof line, file) != NULL; i++)
        printf("sysfs %s resource %s", address, line);
    fclose(file);
}

void function_rows(const char *address)
{
    static const struct {
        const char *before, *name;
    } attributes[] = {
        {" ", "vendor"},
        {":", "device"},
        {" class ", "class"},
        {" mio_enabled=", "mio_enabled"},
        {" pft=", "pft"},
        {" uid=", "uid"},
        {" fh=", "function_handle"},
        {" reset_method=", "reset_method"},
    };
    printf("sysfs %s", address);
    for (size_t i = 0; i < COUNT(attributes); i++)
        printf("%s%s", attributes[i].before, attribute(address, attributes[i].name));
    printf("\n");
    resource_rows(address);
}

/* A page of a BAR by its file in sysfs; NULL where there is no such file, which the line "resource files" has said. */
static char *map_file(const char *address, const char *name)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", address, name);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return NULL;
    char *bar = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bar == MAP_FAILED)
        give_up(path);
    close(file);
    return bar;
}

void resource_file_rows(const char *address)
{
    char *bar = map_file(address, "resource0");
    if (bar == NULL)
        return;
    load("sysfs resource0 off0 len8", bar, 8);
    sys_read("sysfs resource0 off0 len8", bar, 8);
    load_plainly("plain sysfs resource0", bar);
    munmap(bar, PAGE);
}

void combined_file_rows(const char *address)
{
    char *bar = map_file(address, "resource4_wc");
    if (bar == NULL)
        return;
    load("sysfs resource4_wc off0 len4", bar, 4);
    sys_read("sysfs resource4_wc off0 len4", bar, 4);
    munmap(bar, PAGE);
}
