/*
 * What the same accesses cost in C: volatile loads and stores of a shared memfd mapping, and pread of the memfd. Prints a line per
 * measurement: its name and the nanoseconds per access of the fastest of many slices, the one that nobody disturbed. The bench project
 * measures in the same way and prints the same kind of lines; bench/run puts the two side by side.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SLICES = 100, FAST = 500000, SLOW = 3000, LENGTH = 4096, REGISTER = 8 };

static char *bar;
static int file;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Each load stands alone: the processor has many of them under way at the same time. */
static uint64_t load64(int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += *(volatile uint64_t *)(bar + REGISTER);
    return sum;
}

static uint64_t load32(int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += *(volatile uint32_t *)(bar + REGISTER);
    return sum;
}

/* Each load needs the value (0) of the one before for its address: as with a device, the next begins when the last has ended. */
static uint64_t chained64(int count)
{
    uint64_t last = 0;
    for (int i = 0; i < count; i++)
        last = *(volatile uint64_t *)(bar + REGISTER + last);
    return last;
}

/* The load in a function of its own, as a library offers it that is not compiled with its user. */
__attribute__((noinline)) static uint64_t load_function(const char *address)
{
    return *(volatile uint64_t *)address;
}

static uint64_t called64(int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += load_function(bar + REGISTER);
    return sum;
}

static uint64_t store32(int count)
{
    for (int i = 0; i < count; i++)
        *(volatile uint32_t *)(bar + REGISTER) = 0;
    return 0;
}

static uint64_t pread64_loop(int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) {
        uint64_t value;
        if (pread(file, &value, sizeof value, REGISTER) != sizeof value) {
            perror("baseline: pread");
            exit(1);
        }
        sum += value;
    }
    return sum;
}

static uint64_t measure(const char *name, uint64_t (*loop)(int), int count)
{
    uint64_t sum = 0;
    double best = 1e18;
    for (int slice = 0; slice < SLICES; slice++) {
        double begin = now();
        sum += loop(count);
        double spent = (now() - begin) / count;
        if (spent < best)
            best = spent;
    }
    printf("%s %.4f\n", name, best);
    return sum;
}

int main(void)
{
    file = memfd_create("bench", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, LENGTH) != 0) {
        perror("baseline: memfd");
        return 1;
    }
    bar = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bar == MAP_FAILED) {
        perror("baseline: mmap");
        return 1;
    }

    /* The sum, always 0, has to be used: or the compiler is free to make nothing of the additions. */
    uint64_t sum = measure("c-load64", load64, FAST) + measure("c-load32", load32, FAST) + measure("c-chained64", chained64, FAST)
                 + measure("c-called64", called64, FAST) + measure("c-store32", store32, FAST) + measure("c-pread64", pread64_loop, SLOW);
    return sum == 0 ? 0 : 1;
}
