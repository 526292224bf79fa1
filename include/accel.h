/*
 * The accelerator: is it in charge, and with which properties.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_ACCEL_H
#define KVM390_ACCEL_H

#ifdef CONFIG_USER_ONLY

#define kvm390_enabled() false

#else

/* Written once, before any vCPU or monitor exists; then only read. */
extern bool kvm390_allowed;

/*
 * The accelerator's properties. It sets them while the command line is parsed;
 * then they are only read, by the functions below.
 */
typedef struct Kvm390Config {
    bool skeys;
    bool cmma;
    bool sie;
    bool discard;
    uint32_t discard_delay;
} Kvm390Config;

extern Kvm390Config kvm390_config;

/**
 * kvm390_enabled: does this machine run under -accel kvm390?
 *
 * False under every other accelerator, and before the machine's accelerator
 * is initialised. Any context.
 */
#define kvm390_enabled() (kvm390_allowed)

/**
 * kvm390_skeys_wanted: was the property "skeys" left on?
 *
 * Only meaningful where kvm390_enabled(). Fixed once the accelerator is
 * initialised. Any context.
 */
bool kvm390_skeys_wanted(void);

/**
 * kvm390_cmma_wanted: was the property "cmma" left on?
 *
 * Only meaningful where kvm390_enabled(). Fixed once the accelerator is
 * initialised. Any context.
 */
bool kvm390_cmma_wanted(void);

/**
 * kvm390_sie_wanted: was the property "sie" left on?
 *
 * Only meaningful where kvm390_enabled(). Fixed once the accelerator is
 * initialised. A machine whose vCPUs a client runs has none. Any context.
 */
bool kvm390_sie_wanted(void);

/**
 * kvm390_discard_wanted: was the property "discard" left on?
 *
 * Only meaningful where kvm390_enabled(). Fixed once the accelerator is
 * initialised. Any context.
 */
bool kvm390_discard_wanted(void);

/**
 * kvm390_discard_delay: the property "discard-delay", in milliseconds
 *
 * A page is given back after having been unused for once to twice this time.
 * Fixed once the accelerator is initialised. Any context.
 */
uint32_t kvm390_discard_delay(void);

/**
 * kvm390_version: kvm390's own version, e.g. "0.1.0". Any context.
 */
const char *kvm390_version(void);

#endif /* !CONFIG_USER_ONLY */

#endif /* KVM390_ACCEL_H */
