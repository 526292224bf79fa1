/*
 * The statistics of a vCPU and of a VM that are s390x Linux's own
 *
 * The names are an interface (KVM api.rst 4.133, KVM_GET_STATS_FD), and all of
 * them are there, as with the newest Linux. What has no counterpart here stays
 * 0: the instructions that need no exit, the host's shadow tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_STATS_H
#define KVM390_STATS_H

#define KVM390_VCPU_STATS(S) \
    S(exit_userspace) S(exit_null) S(exit_external_request) \
    S(exit_io_request) S(exit_external_interrupt) S(exit_stop_request) \
    S(exit_validity) S(exit_instruction) S(exit_pei) S(halt_no_poll_steal) \
    S(instruction_lctl) S(instruction_lctlg) S(instruction_stctl) \
    S(instruction_stctg) S(exit_program_interruption) \
    S(exit_instr_and_program) S(exit_operation_exception) S(deliver_ckc) \
    S(deliver_cputm) S(deliver_external_call) S(deliver_emergency_signal) \
    S(deliver_service_signal) S(deliver_virtio) S(deliver_stop_signal) \
    S(deliver_prefix_signal) S(deliver_restart_signal) S(deliver_program) \
    S(deliver_io) S(deliver_machine_check) S(exit_wait_state) \
    S(inject_ckc) S(inject_cputm) S(inject_external_call) \
    S(inject_emergency_signal) S(inject_mchk) S(inject_pfault_init) \
    S(inject_program) S(inject_restart) S(inject_set_prefix) \
    S(inject_stop_signal) S(instruction_epsw) S(instruction_gs) \
    S(instruction_io_other) S(instruction_lpsw) S(instruction_lpswe) \
    S(instruction_lpswey) S(instruction_pfmf) S(instruction_ptff) \
    S(instruction_sck) S(instruction_sckpf) S(instruction_stidp) \
    S(instruction_spx) S(instruction_stpx) S(instruction_stap) \
    S(instruction_iske) S(instruction_ri) S(instruction_rrbe) \
    S(instruction_sske) S(instruction_ipte_interlock) S(instruction_stsi) \
    S(instruction_stfl) S(instruction_tb) S(instruction_tpi) \
    S(instruction_tprot) S(instruction_tsch) S(instruction_sie) \
    S(instruction_essa) S(instruction_sthyi) S(instruction_sigp_sense) \
    S(instruction_sigp_sense_running) S(instruction_sigp_external_call) \
    S(instruction_sigp_emergency) S(instruction_sigp_cond_emergency) \
    S(instruction_sigp_start) S(instruction_sigp_stop) \
    S(instruction_sigp_stop_store_status) S(instruction_sigp_store_status) \
    S(instruction_sigp_store_adtl_status) S(instruction_sigp_arch) \
    S(instruction_sigp_prefix) S(instruction_sigp_restart) \
    S(instruction_sigp_init_cpu_reset) S(instruction_sigp_cpu_reset) \
    S(instruction_sigp_unknown) S(instruction_diagnose_10) \
    S(instruction_diagnose_44) S(instruction_diagnose_9c) \
    S(diag_9c_ignored) S(diag_9c_forward) S(instruction_diagnose_258) \
    S(instruction_diagnose_308) S(instruction_diagnose_500) \
    S(instruction_diagnose_other) S(pfault_sync) S(signal_exits)

#define KVM390_VM_STATS(S) \
    S(inject_io) S(inject_float_mchk) S(inject_pfault_done) \
    S(inject_service_signal) S(inject_virtio) S(aen_forward) \
    S(gmap_shadow_reuse) S(gmap_shadow_create) S(gmap_shadow_r1_entry) \
    S(gmap_shadow_r2_entry) S(gmap_shadow_r3_entry) \
    S(gmap_shadow_sg_entry) S(gmap_shadow_pg_entry)

#define KVM390_STAT_INDEX(name) KVM390_STAT_##name,
#define KVM390_VM_STAT_INDEX(name) KVM390_VM_STAT_##name,

enum { KVM390_VCPU_STATS(KVM390_STAT_INDEX) KVM390_VCPU_STATS_NR };
enum { KVM390_VM_STATS(KVM390_VM_STAT_INDEX) KVM390_VM_STATS_NR };

#endif
