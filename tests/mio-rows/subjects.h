/* The subjects of the questions, in the order in which the recordings have them. */
#ifndef SUBJECTS_H
#define SUBJECTS_H

#include "device.h"
#include "rows.h"

void processor_rows(void);
void kernel_rows(void);
void function_rows(const char *address);
/* A mapping of the BAR's file in sysfs, while the function has no driver. */
void resource_file_rows(const char *address);
/* The same of a BAR that the kernel may map for combined stores. */
void combined_file_rows(const char *address);

void region_rows(const struct device *device);
/* Addresses that are no BAR's; without a function, too. */
void address_rows(void);
void load_rows(const struct device *device, const char *bar);
void sys_read_rows(const char *bar);
/* Lengths that are refused whatever is at the address. */
void length_rows(const char *address);
void page_rows(const char *bar);
void read_buffer_rows(const char *bar);
void write_buffer_rows(const struct device *device, const char *bar);
void store_rows(const struct device *device, const char *bar);
void store_block_rows(const struct device *device, const char *bar);
void sys_write_rows(const struct device *device, const char *bar);
void permission_rows(const struct device *device);
void plain_rows(const struct device *device, const char *bar);
void other_way_rows(const char *bar);
void failing_register_rows(const struct device *device, const char *bar);
/* What of that a BAR shows that cannot be mapped. */
void decoding_file_rows(const struct device *device);
void decoding_rows(const struct device *device, const char *bar);
void reset_rows(const struct device *device, const char *bar);
/* The instructions as the library has them: machine code in a page of this program's. */
void routine_rows(const char *bar);

#endif
