/*
 * s390x PCI memory I/O (MIO) instructions
 *
 * Unlike the other PCI instructions these are not privileged and take the
 * virtual address of a register of a BAR. None of them is published: see
 * s390-pci-mio.h about the guesses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg_s390x.h"
#include "accel/tcg/getpc.h"
#include "exec/helper-proto.h"
#include "exec/page-protection.h"
#include "exec/target_page.h"
#include "hw/s390x/s390-pci-inst.h"
#include "hw/s390x/s390-pci-mio.h"

/* Of control register 2, bit 58: the instructions may be used. Guess 2 */
#define CR2_PCI_MIO 0x20

/* Of the translation-exception identification; mmu_helper.c has them, too. */
#define TEID_FETCH          0x800
#define TEID_STORE          0x400
#define TEID_DAT_PROTECTION 0x004

/* Guess 2 also: that nothing tells the two apart */
static void mio_check_enabled(CPUS390XState *env, uintptr_t ra)
{
    if (!s390_has_feat(S390_FEAT_PCI_MIO) || !(env->cregs[2] & CR2_PCI_MIO)) {
        tcg_s390_program_interrupt(env, PGM_OPERATION, ra);
    }
}

static uint64_t mio_wrap(CPUS390XState *env, uint64_t addr)
{
    if (env->psw.mask & PSW_MASK_64) {
        return addr;
    }
    return addr & (env->psw.mask & PSW_MASK_32 ? 0x7fffffff : 0x00ffffff);
}

/*
 * mmu_translate() for an address that need not be one of memory. Guess 12:
 * access-register mode is none that a guest can be in with TCG.
 */
static hwaddr mio_translate(CPUS390XState *env, uint64_t addr, bool store,
                            uintptr_t ra)
{
    uint64_t asc = env->psw.mask & PSW_MASK_ASC;
    uint64_t page, tec;
    int prot, exc;

    if (!(env->psw.mask & PSW_MASK_DAT)) {
        return addr;
    }

    exc = mmu_translate(env, addr, MMU_S390_LRA, asc, &page, &prot, &tec);
    if (!exc && store && !(prot & PAGE_WRITE)) {
        exc = PGM_PROTECTION;
        tec |= TEID_DAT_PROTECTION;
    }
    if (exc) {
        if (store) {
            tec ^= TEID_FETCH | TEID_STORE;
        }
        env->tlb_fill_exc = exc;
        env->tlb_fill_tec = tec;
        tcg_s390_program_interrupt(env, exc, ra);
    }
    return page | (addr & ~TARGET_PAGE_MASK);
}

/* Guess 7: the length register keeps all bits but those of the status. */
static void mio_set_result(CPUS390XState *env, S390MioResult result,
                           uint32_t length_reg, uintptr_t ra)
{
    if (result.pgm) {
        tcg_s390_program_interrupt(env, result.pgm, ra);
    }
    if (result.cc == ZPCI_PCI_LS_ERR) {
        env->regs[length_reg] = deposit64(env->regs[length_reg], 24, 8,
                                          result.status);
    }
    setcc(env_archcpu(env), result.cc);
}

/* The operands of PCILGI and PCISTGI; guesses 3, 4 and 6 */
static hwaddr mio_register_operand(CPUS390XState *env, uint32_t r2, bool store,
                                   uint8_t *len, uintptr_t ra)
{
    uint64_t addr;

    if (r2 & 1) {
        tcg_s390_program_interrupt(env, PGM_SPECIFICATION, ra);
    }
    addr = mio_wrap(env, env->regs[r2]);
    *len = env->regs[r2 + 1] & 0xf;
    if (!is_power_of_2(*len) || *len > 8 - (addr & 7)) {
        tcg_s390_program_interrupt(env, PGM_OPERAND, ra);
    }
    return mio_translate(env, addr, store, ra);
}

void HELPER(pcilgi)(CPUS390XState *env, uint32_t r1, uint32_t r2)
{
    const uintptr_t ra = GETPC();
    S390MioResult result;
    uint64_t data;
    hwaddr addr;
    uint8_t len;

    mio_check_enabled(env, ra);
    addr = mio_register_operand(env, r2, false, &len, ra);

    bql_lock();
    result = s390_mio_load(addr, len, &data);
    bql_unlock();

    mio_set_result(env, result, r2 + 1, ra);
    if (result.cc == ZPCI_PCI_LS_OK) {
        env->regs[r1] = data;
    }
}

void HELPER(pcistgi)(CPUS390XState *env, uint32_t r1, uint32_t r2)
{
    const uintptr_t ra = GETPC();
    S390MioResult result;
    hwaddr addr;
    uint8_t len;

    mio_check_enabled(env, ra);
    addr = mio_register_operand(env, r2, true, &len, ra);

    bql_lock();
    result = s390_mio_store(addr, len, env->regs[r1]);
    bql_unlock();

    mio_set_result(env, result, r2 + 1, ra);
}

/* Guess 5: the same constraints as for PCISTB */
void HELPER(pcistbi)(CPUS390XState *env, uint32_t r1, uint32_t r3,
                     uint64_t source, uint32_t ar)
{
    const uintptr_t ra = GETPC();
    const uint64_t vaddr = mio_wrap(env, env->regs[r3]);
    const uint16_t len = env->regs[r1] & 0x1fff;
    uint8_t buffer[S390_MIO_MAX_BLOCK];
    S390CPU *cpu = env_archcpu(env);
    S390MioResult result;
    hwaddr addr;

    mio_check_enabled(env, ra);
    if (len <= 8 || len % 8 || len > sizeof(buffer) || vaddr % 8 ||
        source % 8 || (vaddr & ~TARGET_PAGE_MASK) + len > TARGET_PAGE_SIZE) {
        tcg_s390_program_interrupt(env, PGM_SPECIFICATION, ra);
    }
    addr = mio_translate(env, vaddr, true, ra);

    if (s390_cpu_virt_mem_read(cpu, source, ar, buffer, len)) {
        s390_cpu_virt_mem_handle_exc(cpu, ra);
    }

    bql_lock();
    result = s390_mio_store_block(addr, len, buffer);
    bql_unlock();

    mio_set_result(env, result, r1, ra);
}

/* Guess 11: there is nothing to wait for, all stores are done in order. */
void HELPER(pciwb)(CPUS390XState *env)
{
    mio_check_enabled(env, GETPC());
}
