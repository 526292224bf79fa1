/*
 * The wire: which ioctls there are, and how their bytes lie
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/uapi.h"
#include "kvm390/include/wire.h"

#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Limits beyond which an ioctl refuses before it looks at a buffer. */
#define MEMOP_MAX 65536u
#define SKEYS_MAX 1048576u
#define IRQS_MAX  (287u * sizeof(struct kvm_s390_irq))
#define HW_BP_MAX 64u
#define ROUTES_MAX 4096u

#define SEGMENT_SIZE (1ull << 20)

static void seg_memop(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_mem_op *op = arg;

    if (op->size > MEMOP_MAX || op->flags & KVM_S390_MEMOP_F_CHECK_ONLY) {
        return;
    }
    seg[0].addr = op->buf;
    switch (op->op) {
    case KVM_S390_MEMOP_LOGICAL_READ:
    case KVM_S390_MEMOP_ABSOLUTE_READ:
        seg[0].out_len = op->size;
        break;
    case KVM_S390_MEMOP_LOGICAL_WRITE:
    case KVM_S390_MEMOP_ABSOLUTE_WRITE:
        seg[0].in_len = op->size;
        break;
    case KVM_S390_MEMOP_ABSOLUTE_CMPXCHG:
        if (op->size <= 16) {
            seg[0].in_len = op->size;
            seg[1].addr = op->old_addr;
            seg[1].in_len = op->size;
            seg[1].out_len = op->size;
        }
        break;
    }
}

static void seg_get_skeys(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_skeys *keys = arg;

    if (keys->count <= SKEYS_MAX) {
        seg[0].addr = keys->skeydata_addr;
        seg[0].out_len = keys->count;
    }
}

static void seg_set_skeys(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_skeys *keys = arg;

    if (keys->count <= SKEYS_MAX) {
        seg[0].addr = keys->skeydata_addr;
        seg[0].in_len = keys->count;
    }
}

static void seg_get_cmma(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_cmma_log *log = arg;

    seg[0].addr = log->values;
    seg[0].out_len = log->count < SKEYS_MAX ? log->count : SKEYS_MAX;
}

static void seg_set_cmma(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_cmma_log *log = arg;

    if (log->count <= SKEYS_MAX) {
        seg[0].addr = log->values;
        seg[0].in_len = log->count;
    }
}

static void seg_dirty_log(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_dirty_log *log = arg;

    /* Only the server knows how long the slot is. */
    memcpy(&seg[0].addr, &log->padding2, sizeof(seg[0].addr));
    seg[0].out_len = KVM390_MAX_BUF;
}

static void seg_set_irqs(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_irq_state *state = arg;

    if (state->len <= IRQS_MAX) {
        seg[0].addr = state->buf;
        seg[0].in_len = state->len;
    }
}

static void seg_get_irqs(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_irq_state *state = arg;

    seg[0].addr = state->buf;
    seg[0].out_len = state->len < IRQS_MAX ? state->len : IRQS_MAX;
}

static uint32_t one_reg(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_one_reg *reg = arg;

    seg[0].addr = reg->addr;
    switch (reg->id & KVM_REG_SIZE_MASK) {
    case KVM_REG_SIZE_U32:
        seg[0].layout = "w";
        return 4;
    case KVM_REG_SIZE_U64:
        seg[0].layout = "d";
        return 8;
    default:
        return 0;
    }
}

static void seg_get_reg(const void *arg, struct kvm390_segment *seg)
{
    seg[0].out_len = one_reg(arg, seg);
}

static void seg_set_reg(const void *arg, struct kvm390_segment *seg)
{
    seg[0].in_len = one_reg(arg, seg);
}

static void seg_debug(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_guest_debug *debug = arg;

    if (debug->control & KVM_GUESTDBG_USE_HW_BP &&
        debug->arch.nr_hw_bp <= HW_BP_MAX) {
        memcpy(&seg[0].addr, (const char *)arg +
               offsetof(struct kvm_guest_debug, arch.hw_bp), 8);
        seg[0].in_len = debug->arch.nr_hw_bp * 32;
        seg[0].layout = "d3b8";
    }
}

/* The offset of the memory in the file whose descriptor rides along. */
static void seg_memory(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_userspace_memory_region *region = arg;

    if (region->memory_size) {
        seg[0].addr = region->userspace_addr;
        seg[0].in_len = 8;
        seg[0].layout = "d";
    }
}

/* The same for segments; the server refuses what is not aligned to them. */
static void seg_ucas(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_s390_ucas_mapping *ucas = arg;

    if (ucas->length && !((ucas->user_addr | ucas->vcpu_addr | ucas->length) &
                          (SEGMENT_SIZE - 1))) {
        seg[0].addr = ucas->user_addr;
        seg[0].in_len = 8;
        seg[0].layout = "d";
    }
}

static void seg_routing(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_irq_routing *routing = arg;

    if (routing->nr <= ROUTES_MAX) {
        seg[0].addr = UINT64_MAX; /* right behind the struct */
        seg[0].in_len = routing->nr * sizeof(struct kvm_irq_routing_entry);
        seg[0].layout = "w4d3w2";
    }
}

static void seg_masks(const void *arg, struct kvm390_segment *seg)
{
    const struct reg_mask_range *range = arg;

    seg[0].addr = range->addr;
    switch (range->range) {
    case KVM_S390_REG_MASK_FACILITIES:
        seg[0].out_len = 2048;
        seg[0].layout = "d";
        break;
    case KVM_S390_REG_MASK_FEATURES:
        seg[0].out_len = 128;
        seg[0].layout = "d";
        break;
    case KVM_S390_REG_MASK_SUBFUNCS:
        seg[0].out_len = 2048;
        break;
    }
}

static const struct {
    uint16_t group, attr, get, set;
    const char *layout;
} attributes[] = {
    { KVM_S390_VM_MEM_CTRL, KVM_S390_VM_MEM_LIMIT_SIZE, 8, 8, "d" },
    { KVM_S390_VM_TOD, KVM_S390_VM_TOD_LOW, 8, 8, "d" },
    { KVM_S390_VM_TOD, KVM_S390_VM_TOD_HIGH, 1, 1, NULL },
    { KVM_S390_VM_TOD, KVM_S390_VM_TOD_EXT, 16, 16, "b8d1" },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR, 2064, 2064,
      "d1h1b6d256" },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE, 4112, 0,
      "d1w1b4d512" },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR_FEAT, 128, 128, "d" },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE_FEAT, 128, 0, "d" },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR_SUBFUNC, 2048, 2048,
      NULL },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE_SUBFUNC, 2048, 0, NULL },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR_UV_FEAT_GUEST, 8, 8,
      "d" },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE_UV_FEAT_GUEST, 8, 0,
      "d" },
    { KVM_S390_VM_MIGRATION, KVM_S390_VM_MIGRATION_STATUS, 8, 0, "d" },
};

static void seg_attr(const void *arg, struct kvm390_segment *seg, bool set)
{
    const struct kvm_device_attr *attr = arg;
    size_t i;

    for (i = 0; i < ARRAY_LEN(attributes); i++) {
        if (attributes[i].group == attr->group &&
            attributes[i].attr == attr->attr) {
            seg[0].addr = attr->addr;
            seg[0].layout = attributes[i].layout;
            if (set) {
                seg[0].in_len = attributes[i].set;
            } else {
                seg[0].out_len = attributes[i].get;
            }
        }
    }
}

static void seg_get_attr(const void *arg, struct kvm390_segment *seg)
{
    seg_attr(arg, seg, false);
}

static void seg_set_attr(const void *arg, struct kvm390_segment *seg)
{
    seg_attr(arg, seg, true);
}

/* The floating interrupt controller: a list of interruptions, or a struct. */
static const struct {
    uint16_t group, size;
    const char *layout;
} flic_structs[] = {
    { KVM_DEV_FLIC_ADAPTER_REGISTER, 8, "w1b4" },
    { KVM_DEV_FLIC_ADAPTER_MODIFY, 16, "w1b2h1d1" },
    { KVM_DEV_FLIC_CLEAR_IO_IRQ, 4, "w1" },
    { KVM_DEV_FLIC_AISM, 4, "b2h1" },
    { KVM_DEV_FLIC_AISM_ALL, 2, NULL },
};

static void seg_flic_set(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_device_attr *attr = arg;
    size_t i;

    seg[0].addr = attr->addr;
    if (attr->group == KVM_DEV_FLIC_ENQUEUE &&
        attr->attr <= KVM_S390_FLIC_MAX_BUFFER &&
        attr->attr % sizeof(struct kvm_s390_irq) == 0) {
        seg[0].in_len = attr->attr;
        seg[0].layout = "I";
    }
    for (i = 0; i < ARRAY_LEN(flic_structs); i++) {
        if (flic_structs[i].group == attr->group) {
            seg[0].in_len = flic_structs[i].size;
            seg[0].layout = flic_structs[i].layout;
        }
    }
}

static void seg_flic_get(const void *arg, struct kvm390_segment *seg)
{
    const struct kvm_device_attr *attr = arg;

    seg[0].addr = attr->addr;
    if (attr->group == KVM_DEV_FLIC_GET_ALL_IRQS) {
        seg[0].out_len = attr->attr < KVM390_MAX_BUF ? attr->attr :
                         KVM390_MAX_BUF;
        seg[0].layout = "I";
    } else if (attr->group == KVM_DEV_FLIC_AISM_ALL) {
        seg[0].out_len = sizeof(struct kvm_s390_ais_all);
    }
}

#define SYS  KVM390_ON_SYSTEM
#define FLIC KVM390_ON_FLIC
#define VM   KVM390_ON_VM
#define VCPU KVM390_ON_VCPU

#define NUMBER(nr, kinds) \
    { nr, kinds, KVM390_PASS_NUMBER, 0, #nr, NULL, "arg", NULL }
#define PLAIN(nr, kinds) \
    { nr, kinds, KVM390_PASS_NONE, 0, #nr, NULL, NULL, NULL }
#define STRUCT(nr, kinds, pass, type, layout, fields, segs) \
    { nr, kinds, KVM390_PASS_##pass, sizeof(type), #nr, layout, fields, segs }

#define MEMOP_FIELDS "gaddr flags size op buf ar key - - - - - - old_addr"
#define MEMORY_FIELDS "slot flags guest_phys_addr memory_size userspace_addr"
#define ATTR_FIELDS "flags group attr addr"
#define SKEYS_FIELDS "start_gfn count skeydata_addr flags"
#define CMMA_FIELDS "start_gfn count flags mask values"

const struct kvm390_ioctl kvm390_ioctls[] = {
    NUMBER(KVM_GET_API_VERSION, SYS),
    NUMBER(KVM_CREATE_VM, SYS),
    NUMBER(KVM_CHECK_EXTENSION, SYS | VM),
    NUMBER(KVM_GET_VCPU_MMAP_SIZE, SYS),
    PLAIN(KVM_S390_ENABLE_SIE, SYS),

    NUMBER(KVM_CREATE_VCPU, VM),
    STRUCT(KVM_SET_USER_MEMORY_REGION, VM, IN,
           struct kvm_userspace_memory_region, "w2d3", MEMORY_FIELDS,
           seg_memory),
    STRUCT(KVM_SET_USER_MEMORY_REGION2, VM, IN,
           struct kvm_userspace_memory_region2, "w2d4w2d14",
           MEMORY_FIELDS " guest_memfd_offset guest_memfd", seg_memory),
    STRUCT(KVM_GET_DIRTY_LOG, VM, IN, struct kvm_dirty_log, "w2d1",
           "slot - dirty_bitmap", seg_dirty_log),
    STRUCT(KVM_ENABLE_CAP, VM | VCPU, IN, struct kvm_enable_cap, "w2d4b64",
           "cap flags arg0 arg1 arg2 arg3", NULL),
    STRUCT(KVM_SET_DEVICE_ATTR, VM, IN, struct kvm_device_attr, "w2d2",
           ATTR_FIELDS, seg_set_attr),
    STRUCT(KVM_GET_DEVICE_ATTR, VM, IN, struct kvm_device_attr, "w2d2",
           ATTR_FIELDS, seg_get_attr),
    STRUCT(KVM_HAS_DEVICE_ATTR, VM, IN, struct kvm_device_attr, "w2d2",
           ATTR_FIELDS, NULL),
    STRUCT(KVM_S390_GET_SKEYS, VM, IN, struct kvm_s390_skeys, "d3w10",
           SKEYS_FIELDS, seg_get_skeys),
    STRUCT(KVM_S390_SET_SKEYS, VM, IN, struct kvm_s390_skeys, "d3w10",
           SKEYS_FIELDS, seg_set_skeys),
    STRUCT(KVM_S390_KEYOP, VM, INOUT, struct kvm_s390_keyop, "d1b8",
           "guest_addr key operation", NULL),
    STRUCT(KVM_S390_GET_CMMA_BITS, VM, INOUT, struct kvm_s390_cmma_log,
           "d1w2d2", CMMA_FIELDS, seg_get_cmma),
    STRUCT(KVM_S390_SET_CMMA_BITS, VM, IN, struct kvm_s390_cmma_log,
           "d1w2d2", CMMA_FIELDS, seg_set_cmma),
    STRUCT(KVM_S390_GET_REG_WRITABLE_MASKS, VM, IN, struct reg_mask_range,
           "d1w14", "addr range", seg_masks),
    STRUCT(KVM390_PROTECT, VM, IN, struct kvm390_protect, "d2w2",
           "addr len permit -", NULL),
    STRUCT(KVM_SET_DEVICE_ATTR, FLIC, IN, struct kvm_device_attr, "w2d2",
           ATTR_FIELDS, seg_flic_set),
    STRUCT(KVM_GET_DEVICE_ATTR, FLIC, IN, struct kvm_device_attr, "w2d2",
           ATTR_FIELDS, seg_flic_get),
    STRUCT(KVM_HAS_DEVICE_ATTR, FLIC, IN, struct kvm_device_attr, "w2d2",
           ATTR_FIELDS, NULL),
    STRUCT(KVM_CREATE_DEVICE, VM, INOUT, struct kvm_create_device, "w3",
           "type fd flags", NULL),
    STRUCT(KVM_IRQFD, VM, IN, struct kvm_irqfd, "w4b16",
           "fd gsi flags resamplefd", NULL),
    STRUCT(KVM_IOEVENTFD, VM, IN, struct kvm_ioeventfd, "d2w3b36",
           "datamatch addr len fd flags", NULL),
    PLAIN(KVM_CREATE_IRQCHIP, VM),
    STRUCT(KVM_SET_GSI_ROUTING, VM, IN, struct kvm_irq_routing, "w2",
           "nr flags", seg_routing),

    STRUCT(KVM_S390_MEM_OP, VM | VCPU, IN, struct kvm_s390_mem_op,
           "d2w2d1b8d1b16", MEMOP_FIELDS, seg_memop),
    STRUCT(KVM_S390_INTERRUPT, VM | VCPU, IN, struct kvm_s390_interrupt,
           "w2d1", "type parm parm64", NULL),
    PLAIN(KVM_GET_STATS_FD, VM | VCPU),

    PLAIN(KVM_RUN, VCPU),
    STRUCT(KVM_GET_REGS, VCPU, OUT, struct kvm_regs, "d16", "gpr[]", NULL),
    STRUCT(KVM_SET_REGS, VCPU, IN, struct kvm_regs, "d16", "gpr[]", NULL),
    STRUCT(KVM_GET_SREGS, VCPU, OUT, struct kvm_sregs, "w16d16",
           "acr[] cr[]", NULL),
    STRUCT(KVM_SET_SREGS, VCPU, IN, struct kvm_sregs, "w16d16",
           "acr[] cr[]", NULL),
    STRUCT(KVM_TRANSLATE, VCPU, INOUT, struct kvm_translation, "d2b8",
           "linear_address", NULL),
    STRUCT(KVM_GET_FPU, VCPU, OUT, struct kvm_fpu, "w1b4d16",
           "fpc - - - - fpr[]", NULL),
    STRUCT(KVM_SET_FPU, VCPU, IN, struct kvm_fpu, "w1b4d16",
           "fpc - - - - fpr[]", NULL),
    STRUCT(KVM_GET_ONE_REG, VCPU, IN, struct kvm_one_reg, "d2",
           "id addr", seg_get_reg),
    STRUCT(KVM_SET_ONE_REG, VCPU, IN, struct kvm_one_reg, "d2",
           "id addr", seg_set_reg),
    STRUCT(KVM_GET_MP_STATE, VCPU, OUT, struct kvm_mp_state, "w1",
           "mp_state", NULL),
    STRUCT(KVM_SET_MP_STATE, VCPU, IN, struct kvm_mp_state, "w1",
           "mp_state", NULL),
    STRUCT(KVM_S390_IRQ, VCPU, IN, struct kvm_s390_irq, NULL, "type", NULL),
    STRUCT(KVM_S390_SET_IRQ_STATE, VCPU, IN, struct kvm_s390_irq_state,
           "d1w6", "buf flags len", seg_set_irqs),
    STRUCT(KVM_S390_GET_IRQ_STATE, VCPU, IN, struct kvm_s390_irq_state,
           "d1w6", "buf flags len", seg_get_irqs),
    NUMBER(KVM_S390_STORE_STATUS, VCPU),
    STRUCT(KVM_S390_SET_INITIAL_PSW, VCPU, IN, struct kvm_s390_psw, "d2",
           "mask addr", NULL),
    PLAIN(KVM_S390_INITIAL_RESET, VCPU),
    PLAIN(KVM_S390_NORMAL_RESET, VCPU),
    PLAIN(KVM_S390_CLEAR_RESET, VCPU),
    STRUCT(KVM_SET_GUEST_DEBUG, VCPU, IN, struct kvm_guest_debug, "w4d1",
           "control - nr_hw_bp - hw_bp", seg_debug),
    STRUCT(KVM_S390_UCAS_MAP, VCPU, IN, struct kvm_s390_ucas_mapping, "d3",
           "user_addr vcpu_addr length", seg_ucas),
    STRUCT(KVM_S390_UCAS_UNMAP, VCPU, IN, struct kvm_s390_ucas_mapping, "d3",
           "user_addr vcpu_addr length", NULL),
    NUMBER(KVM_S390_VCPU_FAULT, VCPU),
    STRUCT(KVM_PRE_FAULT_MEMORY, VCPU, INOUT, struct kvm_pre_fault_memory,
           "d8", "gpa size flags", NULL),
};

const size_t kvm390_nr_ioctls = ARRAY_LEN(kvm390_ioctls);

const char kvm390_run_layout[] =
    "b8w1b2h1d4" /* ... exit_reason, flags, cr8, apic_base, PSW */
    "b256"       /* the exit's union */
    "d2"         /* kvm_valid_regs, kvm_dirty_regs */
    "d17w16d24"  /* prefix, GPRs, ARs, CRs, ARCH0, PFAULT */
    "d64b512"    /* VRs */
    "w1b52b64d1b184" /* fpc, bpbc, riccb, diag318 */
    "d8b192";    /* sdnx: GSCB, etoken */

const struct kvm390_ioctl *kvm390_ioctl_find(uint32_t nr, unsigned kind)
{
    size_t i;

    for (i = 0; i < kvm390_nr_ioctls; i++) {
        if (kvm390_ioctls[i].nr == nr && kvm390_ioctls[i].kinds & kind) {
            return &kvm390_ioctls[i];
        }
    }
    return NULL;
}

static size_t field_size(char letter)
{
    switch (letter) {
    case 'd':
        return 8;
    case 'w':
        return 4;
    case 'h':
        return 2;
    default:
        return 1;
    }
}

static void swab_field(uint8_t *p, size_t size)
{
    uint16_t h;
    uint32_t w;
    uint64_t d;

    switch (size) {
    case 2:
        memcpy(&h, p, 2);
        h = __builtin_bswap16(h);
        memcpy(p, &h, 2);
        break;
    case 4:
        memcpy(&w, p, 4);
        w = __builtin_bswap32(w);
        memcpy(p, &w, 4);
        break;
    case 8:
        memcpy(&d, p, 8);
        d = __builtin_bswap64(d);
        memcpy(p, &d, 8);
        break;
    }
}

void kvm390_swab(const char *layout, void *data, size_t len)
{
    uint8_t *p = data, *end = p + len;
    const char *l = layout;

    while (layout && p < end) {
        size_t size = field_size(*l++), n = 0;

        while (*l >= '0' && *l <= '9') {
            n = n * 10 + (*l++ - '0');
        }
        n = n ? n : 1;
        if (size == 1) {
            p += n < (size_t)(end - p) ? n : (size_t)(end - p);
        } else {
            for (; n && (size_t)(end - p) >= size; n--, p += size) {
                swab_field(p, size);
            }
            if (n) {
                return;
            }
        }
        l = *l ? l : layout;
    }
}

static bool little_endian(void)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
}

void kvm390_to_wire(const char *layout, void *data, size_t len)
{
    if (little_endian()) {
        kvm390_swab(layout, data, len);
    }
}

static const char *irq_layout(uint64_t type)
{
    switch (type) {
    case KVM_S390_PROGRAM_INT:
        return "d4w1h2b32";
    case KVM_S390_SIGP_STOP:
    case KVM_S390_SIGP_SET_PREFIX:
        return "d1w1b60";
    case KVM_S390_INT_EMERGENCY:
    case KVM_S390_INT_EXTERNAL_CALL:
        return "d1h1b62";
    case KVM_S390_MCHK:
        return "d4w2b32";
    case KVM_S390_RESTART:
    case KVM_S390_INT_CLOCK_COMP:
    case KVM_S390_INT_CPU_TIMER:
        return "d1b64";
    case KVM_S390_INT_VIRTIO:
    case KVM_S390_INT_SERVICE:
    case KVM_S390_INT_PFAULT_INIT:
    case KVM_S390_INT_PFAULT_DONE:
        return "d1w2d1b48";
    default: /* I/O */
        return "d1h2w2b52";
    }
}

void kvm390_irq_to_wire(void *irqs, size_t n, bool native)
{
    uint8_t *p = irqs;

    for (; little_endian() && n; n--, p += sizeof(struct kvm_s390_irq)) {
        uint64_t type;

        memcpy(&type, p, 8);
        type = native ? type : __builtin_bswap64(type);
        kvm390_swab(irq_layout(type), p, sizeof(struct kvm_s390_irq));
    }
}

void kvm390_arg_to_wire(const struct kvm390_ioctl *io, void *arg, bool native)
{
    if (io->nr == KVM_S390_IRQ) {
        kvm390_irq_to_wire(arg, 1, native);
        return;
    }
    if (io->nr == KVM_S390_MEM_OP) {
        struct kvm_s390_mem_op *op = arg;
        uint32_t order = native || !little_endian() ? op->op :
                         __builtin_bswap32(op->op);

        /* ar and key share their bytes with a number */
        if (order == KVM_S390_MEMOP_SIDA_READ ||
            order == KVM_S390_MEMOP_SIDA_WRITE) {
            kvm390_to_wire("w", &op->sida_offset, 4);
        }
    }
    kvm390_to_wire(io->layout, arg, io->size);
}

static bool is_irqs(const struct kvm390_segment *seg)
{
    return seg->layout && seg->layout[0] == 'I';
}

void kvm390_buf_to_wire(const struct kvm390_segment *seg, void *buf,
                        size_t len, bool native)
{
    if (is_irqs(seg)) {
        kvm390_irq_to_wire(buf, len / sizeof(struct kvm_s390_irq), native);
    } else {
        kvm390_to_wire(seg->layout, buf, len);
    }
}

void kvm390_segments(const struct kvm390_ioctl *io, const void *arg,
                     struct kvm390_segment seg[KVM390_SEGMENTS])
{
    memset(seg, 0, KVM390_SEGMENTS * sizeof(*seg));
    if (io->segments) {
        io->segments(arg, seg);
    }
    if (io->segments == seg_set_irqs || io->segments == seg_get_irqs) {
        seg[0].layout = "I";
    }
}

void kvm390_head_to_wire(struct kvm390_head *head)
{
    kvm390_to_wire("w4d1w4", head, sizeof(*head));
}

const char *kvm390_head_check(const struct kvm390_head *head)
{
    if (head->magic != KVM390_WIRE_MAGIC) {
        return "not a kvm390 message";
    }
    if (head->flags & ~KVM390_FLAGS || head->reserved) {
        return "reserved fields are not 0";
    }
    if (head->arg_len > KVM390_MAX_ARG || head->buf_len > KVM390_MAX_BUF) {
        return "message too long";
    }
    return NULL;
}

const char *kvm390_request_check(const struct kvm390_head *head,
                                 const struct kvm390_ioctl *io,
                                 const void *arg,
                                 struct kvm390_segment seg[KVM390_SEGMENTS])
{
    uint64_t expected = 0;
    int i;

    memset(seg, 0, KVM390_SEGMENTS * sizeof(*seg));
    if (head->flags & KVM390_BAD_ARG) {
        return head->arg_len || head->buf_len ? "unreadable, but sent" : NULL;
    }
    if (head->arg_len != io->size) {
        return "wrong length of the struct";
    }
    kvm390_segments(io, arg, seg);
    for (i = 0; i < KVM390_SEGMENTS; i++) {
        if (!(head->flags & (KVM390_BAD_BUF0 << i))) {
            expected += seg[i].in_len;
        }
    }
    return head->buf_len == expected ? NULL : "wrong length of the buffers";
}
