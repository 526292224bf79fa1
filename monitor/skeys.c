/*
 * QMP commands for storage keys
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-kvm390-target.h"
#include "system/replay.h"
#include "cpu.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/skeys.h"

static bool keys_available(Error **errp)
{
    if (!kvm390_enabled() || !kvm390_skeys_wanted()) {
        error_setg(errp, "Storage keys need -accel kvm390 with skeys=on");
        return false;
    }
    return true;
}

/* What changes the guest would make a recorded execution differ. */
static bool may_change_guest(Error **errp)
{
    if (replay_mode != REPLAY_MODE_NONE) {
        error_setg(errp, "Not possible while execution is recorded or "
                   "replayed");
        return false;
    }
    return keys_available(errp);
}

static char *hex_of(const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = g_malloc(count * 2 + 1);

    for (size_t i = 0; i < count; i++) {
        hex[i * 2] = digits[bytes[i] >> 4];
        hex[i * 2 + 1] = digits[bytes[i] & 15];
    }
    hex[count * 2] = 0;
    return hex;
}

static uint8_t *bytes_of_hex(const char *hex, size_t *count, Error **errp)
{
    size_t digits = strlen(hex);
    uint8_t *bytes;

    for (size_t i = 0; i < digits; i++) {
        if (!g_ascii_isxdigit(hex[i])) {
            error_setg(errp, "Data is not hexadecimal at digit %zu", i);
            return NULL;
        }
    }
    if (digits % 2) {
        error_setg(errp, "Data has an odd number of hexadecimal digits");
        return NULL;
    }
    *count = digits / 2;
    bytes = g_malloc(*count + 1);
    for (size_t i = 0; i < *count; i++) {
        bytes[i] = g_ascii_xdigit_value(hex[i * 2]) << 4 |
                   g_ascii_xdigit_value(hex[i * 2 + 1]);
    }
    return bytes;
}

static uint8_t *bytes_of(const char *data, bool hex, size_t *count,
                         Error **errp)
{
    uint8_t *bytes;

    if (hex) {
        return bytes_of_hex(data, count, errp);
    }
    bytes = g_base64_decode(data, count);
    if (!bytes || (*data && !*count)) {
        error_setg(errp, "Data is not base64");
        g_free(bytes);
        return NULL;
    }
    return bytes;
}

Kvm390Skeys *qmp_kvm390_get_skeys(uint64_t start_gfn, uint64_t count,
                                  bool has_format, Kvm390KeyFormat format,
                                  Error **errp)
{
    g_autofree uint8_t *keys = NULL;
    Kvm390Skeys *result;
    int ret;

    if (!keys_available(errp)) {
        return NULL;
    }
    ret = kvm390_check_get_skeys(count, 0);
    if (!ret) {
        keys = g_malloc(count);
        ret = kvm390_get_skeys(start_gfn, count, 0, keys);
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Cannot get the keys of %" PRIu64
                         " pages from 0x%" PRIx64, count, start_gfn);
        return NULL;
    }
    result = g_new0(Kvm390Skeys, 1);
    result->used = ret != KVM390_SKEYS_NONE;
    if (result->used) {
        result->data = has_format && format == KVM390_KEY_FORMAT_HEX
                       ? hex_of(keys, count) : g_base64_encode(keys, count);
    }
    return result;
}

void qmp_kvm390_set_skeys(uint64_t start_gfn, const char *data,
                          bool has_format, Kvm390KeyFormat format,
                          Error **errp)
{
    g_autofree uint8_t *keys = NULL;
    size_t count = 0;
    int ret;

    if (!may_change_guest(errp)) {
        return;
    }
    keys = bytes_of(data, has_format && format == KVM390_KEY_FORMAT_HEX,
                    &count, errp);
    if (!keys) {
        return;
    }
    ret = kvm390_set_skeys(start_gfn, count, 0, keys);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Cannot set the keys of %zu pages from "
                         "0x%" PRIx64, count, start_gfn);
    }
}

Kvm390KeyOpResult *qmp_kvm390_keyop(uint64_t address,
                                    Kvm390KeyOperation operation,
                                    bool has_key, uint8_t key, Error **errp)
{
    static const uint8_t numbers[] = {
        [KVM390_KEY_OPERATION_ISKE] = KVM390_KEYOP_ISKE,
        [KVM390_KEY_OPERATION_RRBE] = KVM390_KEYOP_RRBE,
        [KVM390_KEY_OPERATION_SSKE] = KVM390_KEYOP_SSKE,
    };
    Kvm390KeyOpResult *result;
    int ret;

    if (operation == KVM390_KEY_OPERATION_ISKE ? !keys_available(errp)
                                               : !may_change_guest(errp)) {
        return NULL;
    }
    if (has_key != (operation == KVM390_KEY_OPERATION_SSKE)) {
        error_setg(errp, "Parameter 'key' belongs to operation 'sske'");
        return NULL;
    }
    if (operation != KVM390_KEY_OPERATION_ISKE &&
        kvm390_pages_are_memory(address >> TARGET_PAGE_BITS, 1)) {
        /* Unlike the ioctl, so that kvm390-get-skeys shows what was set. */
        kvm390_keys_use();
    }
    ret = kvm390_keyop(address, &key, numbers[operation]);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "No key operation on address 0x%" PRIx64,
                         address);
        return NULL;
    }
    result = g_new0(Kvm390KeyOpResult, 1);
    result->key = key;
    return result;
}
