/*
 * s390 PCI memory I/O (MIO)
 *
 * Functions on a machine with the PCI memory-I/O facility can be given real
 * addresses for their BARs. Linux maps these into address spaces like memory;
 * instructions that take such a virtual address reach the BAR, for programs
 * as well as for the kernel. IBM does not publish the facility: GUESSES.md
 * numbers what is guessed here, comments refer to these numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_S390_PCI_MIO_H
#define HW_S390_PCI_MIO_H

#include "exec/hwaddr.h"
#include "hw/s390x/s390-pci-clp.h"

typedef struct S390PCIBusDevice S390PCIBusDevice;

/* Part of S390PCIBusDevice */
typedef struct S390PCIMio {
    bool wanted;           /* property: whether the BARs may get addresses */
    bool enabled;          /* by the guest, until the function is reset */
    uint64_t fault_offset; /* property: see s390_mio_provoke() */
} S390PCIMio;

#define S390_MIO_NO_FAULTS UINT64_MAX

/* What came of an access */
typedef struct S390MioResult {
    int pgm;        /* program interruption, 0 for none: then the others hold */
    uint8_t cc;     /* ZPCI_PCI_LS_* */
    uint8_t status; /* ZPCI_PCI_ST_* with ZPCI_PCI_LS_ERR */
} S390MioResult;

/* Guess 5: what the longest PCISTBI stores, as for PCISTB */
#define S390_MIO_MAX_BLOCK 128

/* s390-pci-mio.c: where BARs are, and accesses to them. With the BQL held. */
bool s390_mio_installed(void);
bool s390_mio_available(const S390PCIBusDevice *pbdev);
hwaddr s390_mio_address(const S390PCIBusDevice *pbdev, int bar);
S390MioResult s390_mio_load(hwaddr addr, uint8_t len, uint64_t *data);
S390MioResult s390_mio_store(hwaddr addr, uint8_t len, uint64_t data);
S390MioResult s390_mio_store_block(hwaddr addr, uint8_t len,
                                   const uint8_t *data);

/* Guess 9: the bit of an address that allows stores to be combined */
#define S390_MIO_WRITE_BACK_BIT 18
#define S390_MIO_WRITE_BACK     (1ULL << (63 - S390_MIO_WRITE_BACK_BIT))

/* s390-pci-mio-clp.c: how the guest learns of it all and switches it on */
bool s390_mio_clp_slpc(const ClpReqHdr *req, uint32_t req_len,
                       ClpRspHdr *rsp, uint32_t rsp_len);
void s390_mio_clp_query(const S390PCIBusDevice *pbdev, ClpRspQueryPci *rsp,
                        uint32_t rsp_len);
bool s390_mio_clp_set(const ClpReqSetPci *req, ClpRspSetPci *rsp);

#endif
