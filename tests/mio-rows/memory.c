#define _GNU_SOURCE
#include "memory.h"

#include "rows.h"

#include <sys/mman.h>

/* Far from the program and from where the kernel puts mappings that may be anywhere, so that gaps stay gaps. */
static char *next = (char *)0x10000000000;

char *fresh_pages(size_t count)
{
    char *pages = mmap(next, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (pages != next)
        give_up("mmap of memory");
    next += (count + 1) * PAGE;
    return pages;
}

char *end_of_memory(void)
{
    return fresh_pages(1) + PAGE;
}

char *unmapped(void) { return end_of_memory(); }
