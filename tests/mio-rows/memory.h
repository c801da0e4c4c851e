/* Memory of this program with known neighbours. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* Anonymous pages that nobody has touched, for reading and writing. Nothing is mapped behind them, nor ever will be. */
char *fresh_pages(size_t count);

/* The first byte behind such pages: what lies before it can be used, and nothing from it on. */
char *end_of_memory(void);

/* The start of a page where nothing is mapped. */
char *unmapped(void);

#endif
