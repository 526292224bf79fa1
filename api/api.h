/*
 * The KVM API's inside: calls, vCPUs, connections
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_H
#define KVM390_API_H

#include "kvm390/include/uapi.h"
#include "kvm390/include/ioctls.h"
#include "kvm390/include/limits.h"
#include "kvm390/include/wire.h"
#include "kvm390/include/exits.h"
#include "cpu.h"
#include "qemu/event_notifier.h"
#include "stream.h"

/* What Linux reserves for the size of a vCPU's mapping. */
#define KVM390_RUN_SIZE 4096

/* An ioctl on its way through the server. */
typedef struct Kvm390Call {
    const struct kvm390_ioctl *io;
    struct Kvm390Session *session;
    struct Kvm390Vcpu *vcpu;    /* NULL for the system and the VM */
    uint64_t number;            /* KVM390_PASS_NUMBER */
    void *arg;                  /* the struct, in host order */
    uint8_t *in[KVM390_BUFFERS]; /* NULL: the client cannot read it */
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    GByteArray *out;            /* for the client's buffers, in host order */
    int in_fd;                  /* the client's descriptor, or -1 */
    int out_fd;                 /* for the client, or -1; closed when sent */
    int ret;
} Kvm390Call;

typedef int Kvm390Handler(Kvm390Call *call);

/* A breakpoint or watchpoint of KVM_SET_GUEST_DEBUG. */
typedef struct Kvm390DebugPoint {
    struct kvm_hw_breakpoint at;
    uint8_t *before;            /* the watched bytes; NULL: never triggers */
} Kvm390DebugPoint;

/*
 * A vCPU as the API sees it. Its thread owns all of it but for: cancel and
 * idle (atomic), prefix, stop_store_status and debug.pending (BQL).
 */
typedef struct Kvm390Vcpu {
    S390CPU *cpu;
    unsigned id;
    struct kvm_run *run;        /* shared with the client, in its byte order */
    uint8_t *sie;               /* the same; NULL but in a user-controlled VM */
    int run_fd;
    bool little_endian;         /* the client's order */
    struct Kvm390Session *session; /* the connection its thread serves */
    EventNotifier kick;
    bool idle;                  /* its thread waits for messages */
    uint64_t cancel;            /* the KVM_RUN that is to return -EINTR */
    uint64_t token;             /* of the present or last KVM_RUN */
    Kvm390Exit exit;
    uint64_t cputm;             /* CPU timer, which stands while not in RUN */
    bool cputm_armed;
    bool ckc_held;              /* the clock comparator, while single-stepped */
    struct {
        uint32_t control;       /* KVM_GUESTDBG_* */
        bool pending;           /* this is to be reported: */
        uint8_t type;
        uint64_t addr;
        uint64_t from;          /* the instruction that is being stepped */
        uint64_t last;          /* the breakpoint reported last */
        bool long_range;        /* step all the time */
        Kvm390DebugPoint points[KVM390_MAX_POINTS];
        unsigned n;
    } debug;
    struct kvm_s390_irq prefix; /* SIGP_SET_PREFIX; type 0: none */
    bool stop_store_status;     /* of the pending stop */
} Kvm390Vcpu;

/* One client's connection. Served by one thread. */
typedef struct Kvm390Session {
    struct Kvm390Server *server;
    Kvm390Stream stream;
    Kvm390Vcpu *vcpu;           /* bound to this one's thread, or NULL */
    bool greeted;
    bool little_endian;
    uint8_t skip_spins, spin_backoff; /* waits that go without spinning */
} Kvm390Session;

/* --- calls --- */

/**
 * kvm390_api_call: run an ioctl
 *
 * Sets @call->ret. Without the BQL; on the vCPU's thread for a vCPU that
 * user space runs, on any thread otherwise.
 */
void kvm390_api_call(uint32_t cmd, int32_t target, Kvm390Call *call);

/** kvm390_ioctl_count: one more call of an ioctl. Any thread. */
void kvm390_ioctl_count(const struct kvm390_ioctl *io);

/** kvm390_api_out: @len zeroed bytes at the end of what goes to the client */
void *kvm390_api_out(Kvm390Call *call, size_t len);

/* --- vCPUs --- */

/** kvm390_vcpu_stopped: is it in the stopped state? Any thread. */
bool kvm390_vcpu_stopped(const Kvm390Vcpu *vcpu);

/** kvm390_vcpu_find: by CPU address; NULL if there is none. Any thread. */
Kvm390Vcpu *kvm390_vcpu_find(int64_t id);

/** kvm390_vcpus: how many there are. BQL. */
unsigned kvm390_vcpus(void);

/** kvm390_vcpu_enter: from now on it is found. It stays. BQL. */
void kvm390_vcpu_enter(Kvm390Vcpu *vcpu);

/**
 * kvm390_vcpu_get: the API's side of a CPU, made at its first use
 * @little_endian: the client's byte order, that kvm_run is to have
 *
 * Returns NULL if there is no memory or descriptor for it. BQL.
 */
Kvm390Vcpu *kvm390_vcpu_get(S390CPU *cpu, bool little_endian);

/**
 * kvm390_vcpu_serve: from now on its thread answers this connection. BQL.
 *
 * Returns 0, or -EBUSY if it answers another one.
 */
int kvm390_vcpu_serve(Kvm390Vcpu *vcpu, Kvm390Session *session);

/** kvm390_vcpu_cancel: let that KVM_RUN return -EINTR. Any thread. */
void kvm390_vcpu_cancel(Kvm390Vcpu *vcpu, uint64_t token);

/**
 * kvm390_vcpu_do_work: what QEMU has queued for a CPU
 *
 * On its own thread, outside cpu_exec(), without the BQL.
 */
void kvm390_vcpu_do_work(CPUState *cs);

/** kvm390_vcpu_wake: something changed that KVM_RUN may be waiting for. BQL. */
void kvm390_vcpu_wake(Kvm390Vcpu *vcpu);

/* --- struct kvm_run --- */

/** kvm390_run_pull: registers that live in kvm_run, into the CPU */
void kvm390_run_pull(Kvm390Vcpu *vcpu);

/** kvm390_run_push_live: the registers that live there, into kvm_run */
void kvm390_run_push_live(Kvm390Vcpu *vcpu);

/** kvm390_run_push: all registers and the PSW, into kvm_run */
void kvm390_run_push(Kvm390Vcpu *vcpu);

void kvm390_run_set_psw(Kvm390Vcpu *vcpu, uint64_t mask, uint64_t addr);

/** kvm390_run_masks_valid: has it no unknown register set marked? */
bool kvm390_run_masks_valid(Kvm390Vcpu *vcpu);

/** kvm390_run_sync: at KVM_RUN, what the client changed, into the CPU */
void kvm390_run_sync(Kvm390Vcpu *vcpu);

/** kvm390_run_set_exit: say why KVM_RUN returned */
void kvm390_run_set_exit(Kvm390Vcpu *vcpu, const Kvm390Exit *exit);
void kvm390_run_set_reason(Kvm390Vcpu *vcpu, uint32_t reason);
void kvm390_run_set_debug(Kvm390Vcpu *vcpu, uint8_t type, uint64_t addr);

/** kvm390_run_init: the page of a new vCPU */
void kvm390_run_init(Kvm390Vcpu *vcpu);

/* --- CPU timer and clock comparator; the vCPU's thread --- */

/**
 * kvm390_get_cputm, kvm390_set_cputm: the CPU timer while not in KVM_RUN
 *
 * In units of the TOD clock, 2^-12 microseconds; negative once it has expired.
 */
uint64_t kvm390_get_cputm(Kvm390Vcpu *vcpu);
void kvm390_set_cputm(Kvm390Vcpu *vcpu, uint64_t value);

/** kvm390_run_start_cputm: at KVM_RUN, the CPU timer runs */
void kvm390_run_start_cputm(Kvm390Vcpu *vcpu);

/** kvm390_run_start_ckc: at KVM_RUN, what the clock comparator has due */
void kvm390_run_start_ckc(Kvm390Vcpu *vcpu);

/** kvm390_run_cputm: in KVM_RUN, what is left on the CPU timer */
uint64_t kvm390_run_cputm(Kvm390Vcpu *vcpu);

/** kvm390_run_leave: after KVM_RUN, the CPU timer stands */
void kvm390_run_leave(Kvm390Vcpu *vcpu);

/* --- user-controlled VMs; no effect in others --- */

/** kvm390_ucontrol_init: the control block of a new vCPU */
void kvm390_ucontrol_init(Kvm390Vcpu *vcpu);

/** kvm390_ucontrol_load, _store: between the block and the CPU. Its thread. */
void kvm390_ucontrol_load(Kvm390Vcpu *vcpu);
void kvm390_ucontrol_store(Kvm390Vcpu *vcpu);

/** kvm390_ucontrol_enter: at KVM_RUN; false if it is over already */
bool kvm390_ucontrol_enter(Kvm390Vcpu *vcpu);

/** kvm390_ucontrol_intercepted: store why, if it is KVM_EXIT_S390_SIEIC */
void kvm390_ucontrol_intercepted(Kvm390Vcpu *vcpu, const Kvm390Exit *exit);

/** kvm390_ucontrol_leave: store the CPU's state, at the end of KVM_RUN. BQL. */
void kvm390_ucontrol_leave(Kvm390Vcpu *vcpu);

/* --- interrupts --- */

/** kvm390_irq_inject: make one pending on a vCPU; 0 or -errno. BQL. */
int kvm390_irq_inject(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq);

/** kvm390_inject_vm: make a floating one pending; 0 or -errno. BQL. */
int kvm390_inject_vm(const struct kvm_s390_irq *irq);

/** kvm390_irq_clear_local: what a CPU reset does. BQL. */
void kvm390_irq_clear_local(Kvm390Vcpu *vcpu);

/**
 * kvm390_adapter_interrupt: an adapter's indicator was set
 * @id: as registered with the FLIC device
 *
 * Returns 0, also if the adapter is masked or suppressed, or -errno. BQL.
 */
int kvm390_adapter_interrupt(unsigned id);

/**
 * kvm390_adapter_swaps: the order in which its indicator bits count; -EINVAL
 * if there is no such adapter. BQL.
 */
int kvm390_adapter_swaps(unsigned id);

/** kvm390_enable_ais: KVM_CAP_S390_AIS. BQL. */
int kvm390_enable_ais(void);

/** kvm390_gsi_raise: an interrupt line rises; nothing without a route. BQL. */
void kvm390_gsi_raise(unsigned gsi);

/**
 * kvm390_store_status_at: store a vCPU's status
 * @addr: absolute address of the save area, or KVM_S390_STORE_STATUS_*
 *
 * Returns 0 or -EFAULT. The vCPU's thread, BQL.
 */
int kvm390_store_status_at(Kvm390Vcpu *vcpu, uint64_t addr);

/* --- debugging; the vCPU's thread --- */

/** kvm390_debug_report: if something is due, make it the exit; is it? */
bool kvm390_debug_report(Kvm390Vcpu *vcpu);

/** kvm390_debug_begin: at KVM_RUN, before the first instruction */
void kvm390_debug_begin(Kvm390Vcpu *vcpu);

/** kvm390_debug_event: TCG said EXCP_DEBUG; is KVM_RUN to return with it? */
bool kvm390_debug_event(Kvm390Vcpu *vcpu);

/** kvm390_debug_exited: on an instruction that user space emulates */
void kvm390_debug_exited(Kvm390Vcpu *vcpu);

/* --- memory slots --- */

/** kvm390_slots_count: of them, and of those without dirty logging. BQL. */
void kvm390_slots_count(unsigned *slots, unsigned *unlogged);

/** kvm390_slots_limit: KVM_S390_VM_MEM_LIMIT_SIZE's value. BQL. */
uint64_t kvm390_slots_limit(void);
int kvm390_slots_set_limit(uint64_t limit);

/* --- the client's memory that the guest has; BQL --- */

/**
 * kvm390_client_file: the file that came with a call
 * @size: what it has to have from the offset on, in bytes
 * @offset: set to the offset that came, in bytes
 *
 * Returns a reference to it, or NULL if there is no file, or it is too short.
 */
struct Kvm390SlotFile *kvm390_client_file(Kvm390Call *call, uint64_t size,
                                          uint64_t *offset);

/**
 * kvm390_client_memory_reserve: take what cannot be refused later
 * @gpa, @size: the range that memory is to be added in, in whole pages
 *
 * Returns: 0, or -ENOMEM where there is no room for it or for its keys. BQL.
 */
int kvm390_client_memory_reserve(uint64_t gpa, uint64_t size);

/**
 * kvm390_client_memory_remove: the guest has no memory in a range any more
 * @gpa, @size: the range, in bytes; memory around it stays
 *
 * No vCPU has anything of it in its TLBs afterwards; if there was anything,
 * the BQL is given up meanwhile. Under the VM's lock and the BQL.
 */
void kvm390_client_memory_remove(uint64_t gpa, uint64_t size);

/* --- page states --- */

/** kvm390_api_cmma_control: ENABLE_CMMA and CLR_CMMA of MEM_CTRL. BQL. */
int kvm390_api_cmma_control(uint64_t attr);

/** kvm390_api_set_migration, _get_migration: the group VM_MIGRATION. BQL. */
int kvm390_api_set_migration(uint64_t attr);
int kvm390_api_get_migration(uint64_t attr, Kvm390Call *call);

/** kvm390_stats_update: at the end of KVM_RUN, the statistics file */
void kvm390_stats_update(Kvm390Vcpu *vcpu);

/* --- the handlers, one for each row --- */

#define KVM390_DECLARE_HANDLER(number, on, pass, type, buffers, descriptor, \
                               flags, handler, ...) Kvm390Handler handler;
KVM390_IOCTLS(KVM390_DECLARE_HANDLER)

#endif
