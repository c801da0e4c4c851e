/*
 * Runs the routines and the signal handler of routines-ARCH.s without .NET: places the assembled image as the library does (code page,
 * data page behind it, the data page's address in the last 8 bytes) and tries every width, a recovered fault, and each kind of predecessor.
 * Built and run by ./exercise; exit code 0 when everything holds.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORES = 0x40, COPY = 0x80, HANDLER = 0xd0, FILE_LENGTH = 65536 };

typedef struct { uint64_t value, fault; } result;
typedef result load_routine(void *address);
typedef uint64_t store_routine(void *address, uint64_t value);
typedef uint64_t copy_routine(void *to, const void *from, size_t length);

static char *code;
static uint64_t *data;
static int file;
static volatile unsigned char *bar;
static volatile sig_atomic_t predecessor_calls;
static sigjmp_buf back;

#define CHECK(condition) \
    do { if (!(condition)) { printf("exercise: line %d: %s does not hold\n", __LINE__, #condition); exit(1); } } while (0)

static result load(int slot, int offset) { return ((load_routine *)(code + 16 * slot))((char *)bar + offset); }

static uint64_t store(int slot, int offset, uint64_t value)
{
    return ((store_routine *)(code + STORES + 16 * slot))((char *)bar + offset, value);
}

static uint64_t copy(void *to, const void *from, size_t length) { return ((copy_routine *)(code + COPY))(to, from, length); }

static void try_copies(void)
{
    static char pattern[4200], found[4200];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)(i * 7 + i / 256);
    for (size_t length = 0; length < 4100; length += length < 70 ? 1 : 97) {
        for (int place = 0; place < 9; place++) {
            memset((void *)bar, 0x55, 4200);
            memset(found, 0x55, sizeof found);
            CHECK(copy((char *)bar + place, pattern + 3, length) == 0 && copy(found + 1, (char *)bar + place, length) == 0);
            CHECK(memcmp(found + 1, pattern + 3, length) == 0 && found[0] == 0x55 && found[length + 1] == 0x55);
            CHECK(bar[place + length] == 0x55 && (place == 0 || bar[place - 1] == 0x55));
        }
    }
}

static void predecessor(int signal, siginfo_t *info, void *context)
{
    CHECK(signal == SIGBUS && context != NULL);
    predecessor_calls++;
    if (info->si_code > 0)
        siglongjmp(back, 1);
}

static void install(int signal, uint64_t *slot)
{
    struct sigaction old, new = { 0 };
    sigaction(signal, NULL, &old);
    slot[0] = (uint64_t)(uintptr_t)old.sa_sigaction;
    slot[1] = (old.sa_flags & SA_RESETHAND) != 0;
    new.sa_sigaction = (void (*)(int, siginfo_t *, void *))(code + HANDLER);
    new.sa_flags = SA_SIGINFO;
    sigaction(signal, &new, NULL);
}

static void precede(void (*handler)(int), int flags)
{
    struct sigaction old = { 0 };
    old.sa_handler = handler;
    old.sa_flags = flags;
    sigaction(SIGBUS, &old, NULL);
    install(SIGBUS, data);
}

static void touch_outside(void) { (void)bar[0]; }

/* The signal that ends a child which does this; 0 where it ends by itself. */
static int ends_by(void (*action)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        action();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void default_then_fault(void) { precede(SIG_DFL, 0); touch_outside(); }
static void default_then_sent(void) { precede(SIG_DFL, 0); raise(SIGBUS); }
static void ignored_then_fault(void) { precede(SIG_IGN, 0); touch_outside(); }
static void ignored_then_sent(void) { precede(SIG_IGN, 0); raise(SIGBUS); }
static void once_then_sent_twice(void)
{
    precede((void (*)(int))predecessor, SA_SIGINFO | SA_RESETHAND);
    raise(SIGBUS);
    CHECK(predecessor_calls == 1);
    raise(SIGBUS);
}

static void place(const char *path)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    code = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FILE *image = fopen(path, "rb");
    CHECK(code != MAP_FAILED && image != NULL);
    size_t length = fread(code, 1, page, image);
    fclose(image);
    CHECK(length > HANDLER && length < page);
    data = (uint64_t *)(code + page);
    memcpy(code + length - 8, &data, 8);
    CHECK(mprotect(code, page, PROT_READ | PROT_EXEC) == 0);
    __builtin___clear_cache(code, code + length);
}

int main(int argc, char **argv)
{
    static const uint64_t masks[] = { 0xff, 0xffff, 0xffffffff, UINT64_MAX };
    CHECK(argc == 2);
    setvbuf(stdout, NULL, _IONBF, 0);
    place(argv[1]);
    file = memfd_create("bar", 0);
    CHECK(file >= 0 && ftruncate(file, FILE_LENGTH) == 0);
    bar = mmap(NULL, FILE_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(bar != MAP_FAILED);

    for (int slot = 0; slot < 4; slot++) {
        int width = 1 << slot;
        memset((void *)bar, 0x55, 32);
        CHECK(store(slot, 8, 0x8877665544332211) == 0);
        result r = load(slot, 8);
        CHECK(r.fault == 0 && r.value == (0x8877665544332211 & masks[slot]));
        for (int i = 0; i < 32; i++)
            CHECK((i >= 8 && i < 8 + width) || bar[i] == 0x55);
    }

    try_copies();

    struct sigaction handler = { 0 };
    handler.sa_sigaction = predecessor;
    handler.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &handler, NULL);
    install(SIGBUS, data);
    install(SIGSEGV, data + 2);

    CHECK(ftruncate(file, 0) == 0);
    for (int round = 0; round < 1000; round++) {
        for (int slot = 0; slot < 4; slot++) {
            result r = load(slot, 8);
            CHECK(r.fault != 0 && r.value == UINT64_MAX && store(slot, 8, 0) != 0);
        }
        char buffer[64] = { 0 };
        CHECK(copy(buffer, (char *)bar + round, 1 + round % 64) != 0 && copy((char *)bar + round, buffer, 1 + round % 64) != 0);
    }
    CHECK(predecessor_calls == 0);
    if (sigsetjmp(back, 1) == 0)
        touch_outside();
    CHECK(predecessor_calls == 1);

    CHECK(ends_by(default_then_fault) == SIGBUS);
    CHECK(ends_by(default_then_sent) == SIGBUS);
    CHECK(ends_by(ignored_then_fault) == SIGBUS);
    CHECK(ends_by(ignored_then_sent) == 0);
    predecessor_calls = 0;
    CHECK(ends_by(once_then_sent_twice) == SIGBUS);

    CHECK(ftruncate(file, FILE_LENGTH) == 0);
    CHECK(load(3, 8).fault == 0 && store(3, 8, 42) == 0 && load(3, 8).value == 42);
    CHECK(mmap((void *)bar, FILE_LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    CHECK(load(2, 8).fault != 0 && store(2, 8, 1) != 0);
    printf("every width, 10,000 recovered faults and each predecessor hold\n");
    return 0;
}
