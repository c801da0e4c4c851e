/*
 * Rows about other ways to a mapped BAR than those that are meant for it: plain loads and stores, a child process, the kernel on a process's
 * behalf.
 */
#define _GNU_SOURCE
#include "subjects.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void plain_rows(const struct device *device, const char *bar)
{
    load_plainly("mapped page", bar);
    store_plainly("mapped page", bar);
    char *fresh = map_bar_for(device, PROT_READ | PROT_WRITE);
    load_plainly("first touch of a new mapping", fresh);
    load_plainly("same again", fresh);
    unmap_bar(device, fresh);
    load("after plain loads", bar, 4);
}

static void child_rows(const char *bar)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0) {
        load("fork child", bar, 4);
        sys_read("fork child", bar, 4);
        exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        give_up("the child");
}

void other_way_rows(const char *bar)
{
    char buffer[4];
    int ends[2], memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    child_rows(bar);
    if (pipe(ends) != 0 || memory < 0)
        give_up("a pipe and /proc/self/mem");
    long result = write(ends[1], bar, 4);
    printf("mt write(2) from mapping: ");
    say_short(result);
    result = pread(memory, buffer, sizeof buffer, (off_t)(uintptr_t)bar);
    printf("\nmt /proc/self/mem: ");
    say_short(result);
    printf("\n");
    close(ends[0]);
    close(ends[1]);
    close(memory);
}
