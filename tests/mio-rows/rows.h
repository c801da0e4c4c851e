/* The words in which the rows are printed: each function asks one question and prints its line. */
#ifndef ROWS_H
#define ROWS_H

#include "instructions.h"

#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PAGE = 4096 };

/* Registers of QEMU's NVMe controller that keep what is stored, and the first of five whose accesses fail (x-mio-fault). */
enum { AQA = 0x24, ASQ = 0x28, FAILING = 0x800 };

/* "NAME: cc=0 status=0 value=0x...", or the signal. */
void load(const char *name, const void *address, uint64_t length);
void store(const char *name, const void *address, uint64_t length, uint64_t value);
void store_block(const char *name, const void *address, uint64_t length, const void *source);
void load_plainly(const char *name, const void *address);
void store_plainly(const char *name, const void *address);

/* Any instruction at an address. */
void row(const struct instruction *instruction, const char *name, struct registers given);

/* s390_pci_mmio_read into a page-aligned buffer full of a5, whose first bytes are printed: "sys_read NAME: ret=0 errno=- data=...". */
void sys_read(const char *name, const void *address, size_t length);
/* s390_pci_mmio_write: "NAME: (sys_write) ret=0 errno=-". */
void sys_write(const char *name, const void *address, const void *source, size_t length);

/* The same with a buffer of the caller's: "sys_read NAME: ret=0 -". The line is not ended. */
void sys_read_into(const char *name, void *buffer, const void *address, size_t length);
void sys_write_from(const char *name, const void *buffer, const void *address, size_t length);

/* "ret=-1 EINVAL" of a system call that has just returned. */
void say_short(long result);
/* The bytes in the order of their addresses. */
void say_bytes(const void *bytes, size_t length);
/* errno(3)'s name of the last error where a result is negative, otherwise "-". */
const char *error_of(long result);

/* Prints what could not be done and ends the program: for what every row needs. */
_Noreturn void give_up(const char *what);

#endif
