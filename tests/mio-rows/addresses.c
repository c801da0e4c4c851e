/* Rows about addresses at which no BAR is mapped. */
#include "subjects.h"

#include "memory.h"

#include <stdio.h>

static const void *const FAR_AWAY = (const void *)(1ul << 62);

__attribute__((aligned(PAGE), noinline)) static void own_code(void) { asm volatile("nopr\n\tnopr\n\tnopr\n\tnopr"); }

static char *touched(void)
{
    char *page = fresh_pages(1);
    page[0] = 1;
    return page;
}

void address_rows(void)
{
    static const char zeros[8];
    load("unmapped address", unmapped(), 4);
    store("unmapped address", unmapped(), 4, 0);
    load("address 0", NULL, 4);
    load("anon RAM present", touched(), 4);
    store("anon RAM present", touched(), 4, 0);
    load("anon RAM never touched", fresh_pages(1), 4);
    load("address 1<<62", FAR_AWAY, 4);
    load("own code", (const void *)own_code, 4);
    row(&pciwb, "", (struct registers){0});

    sys_read("unmapped address", unmapped(), 4);
    sys_read("address 0", NULL, 4);
    sys_read("anon RAM", touched(), 4);
    sys_write("anon RAM", touched(), zeros, 4);
    sys_read("address 1<<62", FAR_AWAY, 4);
    sys_read("~0-7", (const void *)~7ul, 8);
    sys_read("own code", (const void *)own_code, 4);
}
