/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry and interruption handlers. The image is linked at 0x10000, where
 * QEMU starts -kernel images and places the -append string (at +0x480).
 */
#include "lowcore.h"

        .section .text.start, "ax"
        .globl  _start
_start:
        sam64
        larl    %r15, boot_stack_end
        aghi    %r15, -160
        brasl   %r14, guest_start
        .globl  disabled_wait_failed
disabled_wait_failed:
        larl    %r1, wait_psw
        lpswe   0(%r1)

        .org    0x480
        .globl  command_line
command_line:
        .space  896

        .text

/*
 * The C handlers edit the old PSW in the prefix area; the registers are
 * given back as they were. Program interruptions have a save area of their
 * own, so that one may happen inside another handler and be reported.
 */
        .macro  interruption name, handler, old, gprs=LC_INT_GPRS
        .globl  \name
\name:
        stmg    %r0, %r15, \gprs(%r0)
        lg      %r15, LC_INT_STACK(%r0)
        brasl   %r14, \handler
        lmg     %r0, %r15, \gprs(%r0)
        lpswe   \old(%r0)
        .endm

        interruption pgm_entry, pgm_interruption, LC_PGM_OLD, LC_PGM_GPRS
        interruption ext_entry, ext_interruption, LC_EXT_OLD
        interruption io_entry, io_interruption, LC_IO_OLD
        interruption svc_entry, svc_interruption, LC_SVC_OLD
        interruption mck_entry, mck_interruption, LC_MCK_OLD

/* SIGP restart of another CPU: run what smp.c left in its prefix area. */
        .globl  restart_entry
restart_entry:
        lg      %r15, LC_STACK(%r0)
        brasl   %r14, smp_restarted
        j       disabled_wait_failed

/*
 * uint32_t call_under(uint64_t psw_mask, void (*fn)(uint64_t), uint64_t arg)
 */
        .globl  call_under
call_under:
        stmg    %r6, %r15, LC_CALL_GPRS(%r0)
        epsw    %r0, %r1
        sllg    %r0, %r0, 32
        llgfr   %r1, %r1
        ogr     %r0, %r1
        stg     %r0, LC_CALL_RETURN(%r0)
        larl    %r1, call_return
        stg     %r1, LC_CALL_RETURN + 8(%r0)
        stg     %r2, LC_CALL_TARGET(%r0)
        stg     %r3, LC_CALL_TARGET + 8(%r0)
        lgr     %r2, %r4
        larl    %r14, call_done
        mvhi    LC_CALL_ACTIVE(%r0), 1
        lpswe   LC_CALL_TARGET(%r0)
call_done:
        svc     0
call_return:
        llgf    %r2, LC_CALL_RESULT(%r0)
        lmg     %r6, %r15, LC_CALL_GPRS(%r0)
        br      %r14

        .section .rodata
        .balign 8
wait_psw:
        .quad   0x0002000180000000, 0xbadfff

        .bss
        .balign 4096
        .space  32768
boot_stack_end:
        .section .note.GNU-stack, "", @progbits
