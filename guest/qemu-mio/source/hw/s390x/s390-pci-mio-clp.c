/*
 * s390 PCI memory I/O (MIO): CALL LOGICAL PROCESSOR, by which the guest
 * learns that there are MIO addresses and has them enabled
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "hw/pci/pci_device.h"
#include "hw/s390x/s390-pci-bus.h"
#include "hw/s390x/s390-pci-mio.h"

#define CLP_SLPC 0x0001 /* store logical-processor characteristics */

typedef struct ClpReqSlpc {
    ClpReqHdr hdr;
    uint32_t fmt;
    uint64_t reserved1;
} QEMU_PACKED ClpReqSlpc;

/* The response for the logical processor that PCI functions belong to */
typedef struct ClpRspSlpcPci {
    ClpRspHdr hdr;
    uint32_t fmt;
    uint64_t reserved1;
    uint32_t reserved2[4];
    uint32_t lpif[8];
    uint32_t reserved3[4];
#define CLP_RSP_SLPC_VWB          0x80 /* wb is valid */
#define CLP_RSP_SLPC_MASK_WB      0x3f /* write-back bit of MIO addresses */
    uint8_t wb;
    uint8_t reserved4[15];
    uint32_t lpic[8];
} QEMU_PACKED ClpRspSlpcPci;
QEMU_BUILD_BUG_ON(offsetof(ClpRspSlpcPci, wb) != 80);
QEMU_BUILD_BUG_ON(sizeof(ClpRspSlpcPci) != 128);

#define CLP_SET_ENABLE_MIO  2
#define CLP_SET_DISABLE_MIO 3

#define CLP_RSP_QPCI_MASK_MIO 0x02 /* of the flags: the block below is there */

typedef struct ClpMioInfo {
    uint32_t valid; /* a bit for each BAR, from the left */
    uint32_t reserved1;
    struct {
        uint64_t wb; /* where stores may be combined */
        uint64_t wt; /* where not */
    } QEMU_PACKED addr[PCI_BAR_COUNT];
    uint32_t reserved2[6];
} QEMU_PACKED ClpMioInfo;

typedef struct ClpRspQueryPciMio {
    ClpRspQueryPci query;
    uint32_t reserved[16];
    ClpMioInfo mio;
} QEMU_PACKED ClpRspQueryPciMio;
QEMU_BUILD_BUG_ON(offsetof(ClpRspQueryPciMio, mio) != 256);
QEMU_BUILD_BUG_ON(sizeof(ClpRspQueryPciMio) != 384);

/* Returns whether it was that command, and there is an answer. */
bool s390_mio_clp_slpc(const ClpReqHdr *req, uint32_t req_len,
                       ClpRspHdr *rsp, uint32_t rsp_len)
{
    ClpRspSlpcPci *slpc = (ClpRspSlpcPci *)rsp;

    if (!s390_mio_installed() || lduw_be_p(&req->cmd) != CLP_SLPC ||
        req_len != sizeof(ClpReqSlpc) || rsp_len < sizeof(*slpc)) {
        return false;
    }
    memset((uint8_t *)slpc + sizeof(*rsp), 0, sizeof(*slpc) - sizeof(*rsp));
    slpc->wb = CLP_RSP_SLPC_VWB |
               (S390_MIO_WRITE_BACK_BIT & CLP_RSP_SLPC_MASK_WB);
    stw_be_p(&rsp->rsp, CLP_RC_OK);
    return true;
}

/*
 * I/O BARs get addresses, too: for one without, Linux takes 0, finds RAM
 * there and drops the BARs that follow.
 */
void s390_mio_clp_query(const S390PCIBusDevice *pbdev, ClpRspQueryPci *rsp,
                        uint32_t rsp_len)
{
    ClpMioInfo *mio = &((ClpRspQueryPciMio *)rsp)->mio;
    uint32_t valid = 0;
    int i;

    if (rsp_len < sizeof(ClpRspQueryPciMio) || !s390_mio_available(pbdev)) {
        return;
    }
    memset(mio, 0, sizeof(*mio));
    for (i = 0; i < PCI_BAR_COUNT; i++) {
        if (pbdev->pdev->io_regions[i].size) {
            uint64_t wt = s390_mio_address(pbdev, i);

            valid |= 0x80000000U >> i;
            stq_be_p(&mio->addr[i].wt, wt);
            stq_be_p(&mio->addr[i].wb, wt | S390_MIO_WRITE_BACK);
        }
    }
    stl_be_p(&mio->valid, valid);
    rsp->flags |= CLP_RSP_QPCI_MASK_MIO;
}

/* Returns whether it was one of the two operations, and there is an answer. */
bool s390_mio_clp_set(const ClpReqSetPci *req, ClpRspSetPci *rsp)
{
    uint32_t fh = ldl_be_p(&req->fh);
    S390PCIBusDevice *pbdev;

    if (!s390_mio_installed() ||
        (req->oc != CLP_SET_ENABLE_MIO && req->oc != CLP_SET_DISABLE_MIO)) {
        return false;
    }

    /* Linux names the function by the handle from before it was enabled. */
    pbdev = s390_pci_find_dev_by_idx(s390_get_phb(), fh & FH_MASK_INDEX);
    if (!pbdev || ((pbdev->fh ^ fh) & ~FH_MASK_ENABLE)) {
        stw_be_p(&rsp->hdr.rsp, CLP_RC_SETPCIFN_FH);
    } else if (!(pbdev->fh & FH_MASK_ENABLE) || !s390_mio_available(pbdev)) {
        stw_be_p(&rsp->hdr.rsp, CLP_RC_SETPCIFN_FHOP);
    } else {
        pbdev->mio.enabled = req->oc == CLP_SET_ENABLE_MIO;
        stl_be_p(&rsp->fh, pbdev->fh);
        stw_be_p(&rsp->hdr.rsp, CLP_RC_OK);
    }
    return true;
}
