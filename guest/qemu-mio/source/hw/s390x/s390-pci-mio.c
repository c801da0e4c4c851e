/*
 * s390 PCI memory I/O (MIO): the window of real addresses that the BARs are
 * in, and accesses to it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "system/tcg.h"
#include "hw/pci/pci_device.h"
#include "hw/s390x/s390-pci-bus.h"
#include "hw/s390x/s390-pci-inst.h"
#include "hw/s390x/s390-pci-mio.h"

/*
 * Guess 9: bits 0-17 of an address are one; bit 18 allows stores to be
 * combined, which nothing here does; then follow the index that the function
 * has in its handle (9 bits), the BAR (3 bits) and the offset (33 bits).
 */
#define MIO_WINDOW       0xffffc00000000000ULL
#define MIO_INDEX_SHIFT  36
#define MIO_INDEX_LENGTH 9
#define MIO_BAR_SHIFT    33
#define MIO_BAR_LENGTH   3
#define MIO_BAR_SIZE_MAX (1ULL << MIO_BAR_SHIFT)

typedef struct S390MioTarget {
    S390PCIBusDevice *pbdev;
    int bar;
    uint64_t offset;
} S390MioTarget;

/* KVM would have to leave all this to the machine: never with it. */
bool s390_mio_installed(void)
{
    return tcg_enabled() && s390_has_feat(S390_FEAT_PCI_MIO);
}

/* A function has addresses for all of its BARs or for none. */
bool s390_mio_available(const S390PCIBusDevice *pbdev)
{
    int i;

    if (!s390_mio_installed() || !pbdev->mio.wanted || !pbdev->pdev ||
        pbdev->idx >= 1U << MIO_INDEX_LENGTH) {
        return false;
    }
    for (i = 0; i < PCI_BAR_COUNT; i++) {
        if (pbdev->pdev->io_regions[i].size > MIO_BAR_SIZE_MAX) {
            return false;
        }
    }
    return true;
}

hwaddr s390_mio_address(const S390PCIBusDevice *pbdev, int bar)
{
    return MIO_WINDOW | (uint64_t)pbdev->idx << MIO_INDEX_SHIFT |
           (uint64_t)bar << MIO_BAR_SHIFT;
}

static S390MioResult mio_interrupt(int pgm)
{
    return (S390MioResult) { .pgm = pgm };
}

static S390MioResult mio_cc(uint8_t cc, uint8_t status)
{
    return (S390MioResult) { .cc = cc, .status = status };
}

static bool mio_done(S390MioResult result)
{
    return result.pgm || result.cc != ZPCI_PCI_LS_OK;
}

/*
 * A test aid, on with the property x-mio-fault: five doublewords of BAR 0
 * answer every access with a result each that devices never give by
 * themselves, or not at a test's will.
 */
static S390MioResult s390_mio_provoke(const S390MioTarget *t)
{
    const S390MioResult ok = mio_cc(ZPCI_PCI_LS_OK, 0);
    const uint64_t first = t->pbdev->mio.fault_offset;

    if (first == S390_MIO_NO_FAULTS || t->bar != 0 || t->offset < first) {
        return ok;
    }
    switch ((t->offset - first) / 8) {
    case 0:
        return mio_cc(ZPCI_PCI_LS_ERR, ZPCI_PCI_ST_BLOCKED);
    case 1:
        return mio_cc(ZPCI_PCI_LS_BUSY, 0);
    case 2:
        return mio_cc(ZPCI_PCI_LS_INVAL_HANDLE, 0);
    case 3:
        return mio_interrupt(PGM_OPERAND);
    case 4:
        return mio_interrupt(PGM_ADDRESSING);
    default:
        return ok;
    }
}

/* The BAR that @addr is in, when it can be accessed: otherwise the outcome. */
static S390MioResult mio_find(hwaddr addr, uint8_t len, S390MioTarget *t)
{
    uint32_t idx = extract64(addr, MIO_INDEX_SHIFT, MIO_INDEX_LENGTH);

    /* Guess 1: memory and what lies between memory and the window */
    if ((addr & MIO_WINDOW) != MIO_WINDOW) {
        return mio_interrupt(PGM_ADDRESSING);
    }

    t->bar = extract64(addr, MIO_BAR_SHIFT, MIO_BAR_LENGTH);
    t->offset = extract64(addr, 0, MIO_BAR_SHIFT);
    t->pbdev = s390_pci_find_dev_by_idx(s390_get_phb(), idx);

    /* Guess 8, here and for the states, as PCILG and PCISTG have it */
    if (!t->pbdev || !t->pbdev->pdev || !(t->pbdev->fh & FH_MASK_ENABLE) ||
        !t->pbdev->mio.enabled) {
        return mio_cc(ZPCI_PCI_LS_INVAL_HANDLE, 0);
    }
    switch (t->pbdev->state) {
    case ZPCI_FS_RESERVED:
    case ZPCI_FS_STANDBY:
    case ZPCI_FS_DISABLED:
        return mio_cc(ZPCI_PCI_LS_INVAL_HANDLE, 0);
    case ZPCI_FS_PERMANENT_ERROR:
    case ZPCI_FS_ERROR:
        return mio_cc(ZPCI_PCI_LS_ERR, ZPCI_PCI_ST_BLOCKED);
    default:
        break;
    }

    if (t->bar >= PCI_BAR_COUNT ||
        t->offset + len > t->pbdev->pdev->io_regions[t->bar].size) {
        return mio_cc(ZPCI_PCI_LS_ERR, ZPCI_PCI_ST_INVAL_AS);
    }
    return s390_mio_provoke(t);
}

/* @counter is of the function measurement block. */
static S390MioResult mio_finish(const S390MioTarget *t, MemTxResult result,
                                int counter)
{
    /* Guess 3: what the device refuses, as for PCILG, PCISTG and PCISTB */
    if (result != MEMTX_OK) {
        return mio_interrupt(PGM_OPERAND);
    }
    t->pbdev->fmb.counter[counter]++;
    return mio_cc(ZPCI_PCI_LS_OK, 0);
}

S390MioResult s390_mio_load(hwaddr addr, uint8_t len, uint64_t *data)
{
    S390MioTarget t;
    S390MioResult found = mio_find(addr, len, &t);

    if (mio_done(found)) {
        return found;
    }
    return mio_finish(&t, zpci_read_bar(t.pbdev, t.bar, t.offset, data, len),
                      ZPCI_FMB_CNT_LD);
}

S390MioResult s390_mio_store(hwaddr addr, uint8_t len, uint64_t data)
{
    S390MioTarget t;
    S390MioResult found = mio_find(addr, len, &t);

    if (mio_done(found)) {
        return found;
    }
    return mio_finish(&t, zpci_write_bar(t.pbdev, t.bar, t.offset, data, len),
                      ZPCI_FMB_CNT_ST);
}

/* All of the block or nothing, as far as the device tells beforehand. */
static MemTxResult mio_write_block(const S390MioTarget *t, uint8_t len,
                                   const uint8_t *data)
{
    MemoryRegion *mr = t->pbdev->pdev->io_regions[t->bar].memory;
    MemTxResult result = MEMTX_OK;
    uint64_t offset;
    int i;

    mr = s390_get_subregion(mr, t->offset, len);
    if (!mr) {
        return MEMTX_ERROR;
    }
    offset = t->offset - mr->addr;

    for (i = 0; i < len; i += 8) {
        if (!memory_region_access_valid(mr, offset + i, 8, true,
                                        MEMTXATTRS_UNSPECIFIED)) {
            return MEMTX_ERROR;
        }
    }
    /* Guess 13: in order, each doubleword by itself */
    for (i = 0; i < len; i += 8) {
        result |= memory_region_dispatch_write(mr, offset + i,
                                               ldq_be_p(data + i),
                                               MO_BE | MO_64,
                                               MEMTXATTRS_UNSPECIFIED);
    }
    return result;
}

S390MioResult s390_mio_store_block(hwaddr addr, uint8_t len,
                                   const uint8_t *data)
{
    S390MioTarget t;
    S390MioResult found = mio_find(addr, len, &t);

    if (mio_done(found)) {
        return found;
    }
    if (len > t.pbdev->pci_group->zpci_group.maxstbl) {
        return mio_interrupt(PGM_SPECIFICATION);
    }
    return mio_finish(&t, mio_write_block(&t, len, data), ZPCI_FMB_CNT_STB);
}
