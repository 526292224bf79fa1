/*
 * The CPU model: what the machine has, what the guest gets, what may change
 *
 * The machine is the accelerator's largest model. The guest's is a copy until
 * user space sets it, which it can before the first vCPU. As with KVM, facility
 * list and subfunctions are taken as they come: "KVM does not enforce or limit
 * the cpu model data in any form" (KVM devices/vm.rst 2.2). The guest sees the
 * facilities it is given; what the machine lacks works none the more for it.
 * Features that the machine lacks are refused. That is what the masks of
 * KVM_S390_GET_REG_WRITABLE_MASKS say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu-model.h"
#include "mode.h"
#include "target/s390x/cpu_models.h"
#include "s390x-internal.h"
#include "qapi/error.h"
#include "kvm390/include/cpu-features.h"

#define FACILITY_BYTES KVM390_FACILITY_BYTES

/* All of it under the BQL. */
static struct {
    bool init;
    S390FeatBitmap machine;
    struct kvm_s390_vm_cpu_processor processor;
    uint64_t mask[KVM390_FACILITY_BYTES / 8]; /* what the VM may have */
    struct kvm_s390_vm_cpu_feat feat;
    struct kvm_s390_vm_cpu_subfunc subfunc;
} model;

static const struct {
    S390FeatType type;
    uint16_t offset, size;
    S390Feat needs;
} blocks[] = {
#define BLOCK(TYPE, field, needs) \
    { S390_FEAT_TYPE_##TYPE, offsetof(struct kvm_s390_vm_cpu_subfunc, field), \
      sizeof_field(struct kvm_s390_vm_cpu_subfunc, field), needs }
    BLOCK(PLO, plo, S390_FEAT_MAX),
    BLOCK(PTFF, ptff, S390_FEAT_TOD_CLOCK_STEERING),
    BLOCK(KMAC, kmac, S390_FEAT_MSA),
    BLOCK(KMC, kmc, S390_FEAT_MSA),
    BLOCK(KM, km, S390_FEAT_MSA),
    BLOCK(KIMD, kimd, S390_FEAT_MSA),
    BLOCK(KLMD, klmd, S390_FEAT_MSA),
    BLOCK(PCKMO, pckmo, S390_FEAT_MSA_EXT_3),
    BLOCK(KMCTR, kmctr, S390_FEAT_MSA_EXT_4),
    BLOCK(KMF, kmf, S390_FEAT_MSA_EXT_4),
    BLOCK(KMO, kmo, S390_FEAT_MSA_EXT_4),
    BLOCK(PCC, pcc, S390_FEAT_MSA_EXT_4),
    BLOCK(PPNO, ppno, S390_FEAT_MSA_EXT_5),
    BLOCK(KMA, kma, S390_FEAT_MSA_EXT_8),
    BLOCK(KDSA, kdsa, S390_FEAT_MSA_EXT_9),
    BLOCK(SORTL, sortl, S390_FEAT_ESORT_BASE),
    BLOCK(DFLTCC, dfltcc, S390_FEAT_DEFLATE_BASE),
    BLOCK(PFCR, pfcr, S390_FEAT_CCF_BASE),
#undef BLOCK
};

/* Features that KVM lists apart; bit numbers from the left. */
static const struct {
    unsigned bit;
    S390Feat feat;
} features[] = {
    { KVM_S390_VM_CPU_FEAT_ESOP, S390_FEAT_ESOP },
    { KVM_S390_VM_CPU_FEAT_SKEY, S390_FEAT_SIE_SKEY },
    { KVM_S390_VM_CPU_FEAT_CMMA, S390_FEAT_SIE_CMMA },
    { KVM_S390_VM_CPU_FEAT_GPERE, S390_FEAT_SIE_GPERE },
    { KVM_S390_VM_CPU_FEAT_KSS, S390_FEAT_SIE_KSS },
};

static void fill_facilities(const S390FeatBitmap feats, uint64_t *list)
{
    uint8_t bytes[FACILITY_BYTES] = { };
    int i;

    s390_fill_feat_block(feats, S390_FEAT_TYPE_STFL, bytes);
    kvm390_add_facilities(S390_FEAT_TYPE_STFL, bytes);
    for (i = 0; i < FACILITY_BYTES / 8; i++) {
        list[i] = ldq_be_p(bytes + 8 * i);
    }
}

static void fill_features(const S390FeatBitmap feats,
                          struct kvm_s390_vm_cpu_feat *out)
{
    size_t i;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < ARRAY_SIZE(features); i++) {
        if (test_bit(features[i].feat, feats)) {
            out->feat[features[i].bit / 64] |=
                1ull << (63 - features[i].bit % 64);
        }
    }
}

static void fill_subfuncs(const S390FeatBitmap feats,
                          struct kvm_s390_vm_cpu_subfunc *out)
{
    size_t i;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < ARRAY_SIZE(blocks); i++) {
        if (blocks[i].needs == S390_FEAT_MAX ||
            test_bit(blocks[i].needs, feats)) {
            s390_fill_feat_block(feats, blocks[i].type,
                                 (uint8_t *)out + blocks[i].offset);
        }
    }
}

static uint64_t model_cpuid(void)
{
    return s390_cpuid_from_cpu_model(get_max_cpu_model(NULL));
}

/* Facilities that a VM has once it asks for them (KVM_ENABLE_CAP). */
static const struct {
    uint32_t cap;
    uint16_t facility;
} granted[] = {
    { KVM_CAP_S390_VECTOR_REGISTERS, 129 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 134 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 135 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 148 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 152 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 192 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 198 },
    { KVM_CAP_S390_VECTOR_REGISTERS, 199 },
    { KVM_CAP_S390_RI, 64 },
    { KVM_CAP_S390_AIS, 72 },
    { KVM_CAP_S390_GS, 133 },
    { KVM_CAP_S390_CPU_TOPOLOGY, 11 },
};

static void set_facility(uint64_t *list, unsigned nr, bool on)
{
    const uint64_t bit = 1ull << (63 - nr % 64);

    list[nr / 64] = (list[nr / 64] & ~bit) | (on ? bit : 0);
}

static bool has_facility(const uint64_t *list, unsigned nr)
{
    return list[nr / 64] & (1ull << (63 - nr % 64));
}

/* What a VM may have that has asked for nothing. */
static void mask_granted(uint64_t *list)
{
    size_t i;

    for (i = 0; kvm390_mode->client_runs && i < ARRAY_SIZE(granted); i++) {
        set_facility(list, granted[i].facility, false);
    }
}

static void cpu_model_init(void)
{
    if (model.init) {
        return;
    }
    model.init = true;
    bitmap_copy(model.machine, get_max_cpu_model(NULL)->features,
                S390_FEAT_MAX);
    model.processor.cpuid = model_cpuid();
    if (kvm390_mode->client_runs) {
        model.processor.cpuid |= 0xffull << 56; /* the version: a guest's */
    }
    model.processor.ibc = s390_ibc_from_cpu_model(get_max_cpu_model(NULL));
    fill_facilities(model.machine, (uint64_t *)model.processor.fac_list);
    mask_granted((uint64_t *)model.processor.fac_list);
    fill_facilities(model.machine, model.mask);
    mask_granted(model.mask);
    fill_features(model.machine, &model.feat);
    fill_subfuncs(model.machine, &model.subfunc);
}

bool kvm390_model_facility(unsigned nr)
{
    uint64_t list[FACILITY_BYTES / 8];

    cpu_model_init();
    fill_facilities(model.machine, list);
    return has_facility(list, nr);
}

bool kvm390_model_vm_facility(unsigned nr)
{
    cpu_model_init();
    return has_facility((uint64_t *)model.processor.fac_list, nr);
}

int kvm390_model_grant(uint32_t cap)
{
    size_t i;

    if (kvm390_vcpus()) {
        return -EBUSY;
    }
    cpu_model_init();
    for (i = 0; i < ARRAY_SIZE(granted); i++) {
        const unsigned nr = granted[i].facility;

        if (granted[i].cap == cap &&
            (nr == 72 || kvm390_model_facility(nr))) {
            set_facility((uint64_t *)model.processor.fac_list, nr, true);
            set_facility(model.mask, nr, true);
        }
    }
    return 0;
}

uint64_t kvm390_model_cpuid(void)
{
    cpu_model_init();
    return model.processor.cpuid;
}

static void get_machine(Kvm390Call *call)
{
    struct kvm_s390_vm_cpu_machine *m = kvm390_api_out(call, sizeof(*m));

    m->cpuid = model_cpuid();
    m->ibc = s390_ibc_from_cpu_model(get_max_cpu_model(NULL));
    fill_facilities(model.machine, (uint64_t *)m->fac_list);
    memcpy(m->fac_mask, model.mask, sizeof(m->fac_mask));
}

int kvm390_model_get(uint64_t attr, Kvm390Call *call)
{
    cpu_model_init();
    switch (attr) {
    case KVM_S390_VM_CPU_PROCESSOR:
        memcpy(kvm390_api_out(call, sizeof(model.processor)),
               &model.processor, sizeof(model.processor));
        return 0;
    case KVM_S390_VM_CPU_MACHINE:
        get_machine(call);
        return 0;
    case KVM_S390_VM_CPU_PROCESSOR_FEAT:
        memcpy(kvm390_api_out(call, sizeof(model.feat)), &model.feat,
               sizeof(model.feat));
        return 0;
    case KVM_S390_VM_CPU_MACHINE_FEAT:
        fill_features(model.machine,
                      kvm390_api_out(call, sizeof(model.feat)));
        return 0;
    case KVM_S390_VM_CPU_PROCESSOR_SUBFUNC:
        memcpy(kvm390_api_out(call, sizeof(model.subfunc)), &model.subfunc,
               sizeof(model.subfunc));
        return 0;
    case KVM_S390_VM_CPU_MACHINE_SUBFUNC:
        fill_subfuncs(model.machine,
                      kvm390_api_out(call, sizeof(model.subfunc)));
        return 0;
    case KVM_S390_VM_CPU_PROCESSOR_UV_FEAT_GUEST:
    case KVM_S390_VM_CPU_MACHINE_UV_FEAT_GUEST:
        kvm390_api_out(call, 8); /* no ultravisor */
        return 0;
    default:
        return -ENXIO;
    }
}

/* Is @want within @may, both of @len bytes? */
static bool is_subset(const void *want, const void *may, size_t len)
{
    const uint8_t *w = want, *m = may;
    size_t i;

    for (i = 0; i < len; i++) {
        if (w[i] & ~m[i]) {
            return false;
        }
    }
    return true;
}

/* Within what the machine can be told to be, if it can be told. */
static uint16_t limit_ibc(uint16_t ibc)
{
    uint32_t machine = s390_ibc_from_cpu_model(get_max_cpu_model(NULL));
    uint16_t lowest = machine >> 16 & 0xfff, unblocked = machine & 0xfff;

    if (!lowest || !ibc) {
        return model.processor.ibc;
    }
    return MIN(MAX(ibc, lowest), unblocked);
}

static int set_processor(const uint8_t *in)
{
    struct kvm_s390_vm_cpu_processor p;

    memcpy(&p, in, sizeof(p));
    model.processor.cpuid = p.cpuid;
    model.processor.ibc = limit_ibc(p.ibc);
    memcpy(model.processor.fac_list, p.fac_list, FACILITY_BYTES);
    return 0;
}

static int set_feat(const uint8_t *in)
{
    memcpy(&model.feat, in, sizeof(model.feat));
    return 0;
}

static int set_subfunc(const uint8_t *in)
{
    memcpy(&model.subfunc, in, sizeof(model.subfunc));
    return 0;
}

static int set_uv_feat(const uint8_t *in)
{
    return 0; /* none, and none is what was asked for */
}

/* Does the machine have what is to be set? */
static bool feat_available(const uint8_t *in)
{
    struct kvm_s390_vm_cpu_feat may;

    fill_features(model.machine, &may);
    return is_subset(in, &may, sizeof(may));
}

static bool uv_feat_available(const uint8_t *in)
{
    return !ldq_he_p(in);
}

/* @available is asked first, as KVM does. */
static int set_if(Kvm390Call *call, bool (*available)(const uint8_t *),
                  int (*set)(const uint8_t *))
{
    bool late = kvm390_vcpus() || !kvm390_mode->client_runs;

    if (late && !available) {
        return -EBUSY;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    if (available && !available(call->in[0])) {
        return -EINVAL;
    }
    return late ? -EBUSY : set(call->in[0]);
}

int kvm390_model_set(uint64_t attr, Kvm390Call *call)
{
    cpu_model_init();
    switch (attr) {
    case KVM_S390_VM_CPU_PROCESSOR:
        return set_if(call, NULL, set_processor);
    case KVM_S390_VM_CPU_PROCESSOR_SUBFUNC:
        return set_if(call, NULL, set_subfunc);
    case KVM_S390_VM_CPU_PROCESSOR_FEAT:
        return set_if(call, feat_available, set_feat);
    case KVM_S390_VM_CPU_PROCESSOR_UV_FEAT_GUEST:
        return set_if(call, uv_feat_available, set_uv_feat);
    default:
        return -ENXIO;
    }
}

static bool bit_of(const void *block, unsigned bit)
{
    return ((const uint8_t *)block)[bit / 8] & (0x80 >> bit % 8);
}

/* Did user space leave the guest this feature, which the machine has? */
static bool is_chosen(S390Feat feat, const uint8_t *facilities,
                      const uint8_t *feats)
{
    const S390FeatDef *def = s390_feat_def(feat);
    size_t i;

    if (def->type == S390_FEAT_TYPE_STFL) {
        return bit_of(facilities, def->bit);
    }
    for (i = 0; i < ARRAY_SIZE(blocks); i++) {
        if (def->type == blocks[i].type) {
            return bit_of((uint8_t *)&model.subfunc + blocks[i].offset,
                          def->bit);
        }
    }
    for (i = 0; i < ARRAY_SIZE(features); i++) {
        if (feat == features[i].feat) {
            return bit_of(feats, features[i].bit);
        }
    }
    return true; /* KVM has no bit for it */
}

void kvm390_model_apply(S390CPU *cpu)
{
    static uint8_t facilities[FACILITY_BYTES]; /* BQL */
    uint8_t feats[sizeof(model.feat)];
    S390Feat feat;
    size_t i;

    cpu_model_init();
    for (i = 0; i < FACILITY_BYTES / 8; i++) {
        stq_be_p(facilities + 8 * i, model.processor.fac_list[i]);
    }
    kvm390_set_facilities(facilities);
    for (i = 0; i < ARRAY_SIZE(model.feat.feat); i++) {
        stq_be_p(feats + 8 * i, model.feat.feat[i]);
    }
    for (feat = find_first_bit(model.machine, S390_FEAT_MAX);
         feat < S390_FEAT_MAX;
         feat = find_next_bit(model.machine, S390_FEAT_MAX, feat + 1)) {
        if (!is_chosen(feat, facilities, feats)) {
            clear_bit(feat, cpu->model->features);
        }
    }
}

/* --- which bits may change --- */

static bool reserved_clear(const struct reg_mask_range *range)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(range->reserved); i++) {
        if (range->reserved[i]) {
            return false;
        }
    }
    return true;
}

int kvm390_get_masks(Kvm390Call *call)
{
    const struct reg_mask_range *range = call->arg;

    if (!reserved_clear(range)) {
        return -EINVAL;
    }
    cpu_model_init();
    switch (range->range) {
    case KVM_S390_REG_MASK_FACILITIES:
        memset(kvm390_api_out(call, FACILITY_BYTES), 0xff, FACILITY_BYTES);
        return 0;
    case KVM_S390_REG_MASK_FEATURES:
        fill_features(model.machine,
                      kvm390_api_out(call, sizeof(model.feat)));
        return 0;
    case KVM_S390_REG_MASK_SUBFUNCS:
        memset(kvm390_api_out(call, sizeof(model.subfunc)), 0xff,
               sizeof(model.subfunc));
        return 0;
    default:
        return -EINVAL;
    }
}
