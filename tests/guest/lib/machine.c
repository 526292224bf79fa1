/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

extern char command_line[], image_end[];

#define SCLP_READ_SCP_INFO      0x00020001
#define SCLP_WRITE_EVENT_MASK   0x00780005
#define SCLP_WRITE_EVENT_DATA   0x00760005

#define SERVC_BUSY              2

struct sccb_header {
    uint16_t length;
    uint8_t function;
    uint8_t control[3];
    uint16_t response;
} __attribute__((packed));

/* Layout of the line-mode message: Linux, arch/s390 sclp driver's ABI. */
struct message_sccb {
    struct sccb_header h;
    /* event buffer */
    uint16_t evb_length;
    uint8_t evb_type;
    uint8_t evb_flags;
    uint16_t evb_reserved;
    /* message data block */
    uint16_t mdb_length;
    uint16_t mdb_type;
    uint32_t mdb_tag;
    uint32_t mdb_revision;
    /* general object */
    uint16_t go_length;
    uint16_t go_type;
    uint32_t go_domid;
    uint8_t go_time[8];
    uint8_t go_date[8];
    uint32_t go_flags;
    uint8_t go_reserved[15 + 8 + 8];
    uint8_t go_pad[1];
    /* text object */
    uint16_t to_length;
    uint16_t to_type;
    uint16_t to_line_type;
    uint8_t to_alarm;
    uint8_t to_reserved[3];
    uint8_t text[512];
} __attribute__((packed));

struct mask_sccb {
    struct sccb_header h;
    uint16_t reserved;
    uint16_t mask_length;
    uint32_t receive, send, sclp_receive, sclp_send;
} __attribute__((packed));

struct info_sccb {
    struct sccb_header h;
    uint16_t increments;
    uint8_t increment_mib;
    uint8_t pad[100 - 11];
    uint32_t increment_mib2;
    uint64_t increments2;
} __attribute__((packed));

static uint8_t sccb_page[PAGE_SIZE] aligned(4096);
static struct lock console_lock;
static uint64_t alloc_next;
static bool console_ready;

/* EBCDIC of the printable ASCII characters, code page 037. */
static const uint8_t ebcdic[95] = {
    0x40, 0x5a, 0x7f, 0x7b, 0x5b, 0x6c, 0x50, 0x7d, 0x4d, 0x5d, 0x5c, 0x4e,
    0x6b, 0x60, 0x4b, 0x61, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
    0xf8, 0xf9, 0x7a, 0x5e, 0x4c, 0x7e, 0x6e, 0x6f, 0x7c, 0xc1, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6,
    0xd7, 0xd8, 0xd9, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xba,
    0xe0, 0xbb, 0xb0, 0x6d, 0x79, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0xa2,
    0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xc0, 0x4f, 0xd0, 0xa1,
};

/* Hercules reads code page 037, QEMU 500: five characters differ. */
static uint8_t to_ebcdic(char c)
{
    static const char differ[] = "![]^|";
    static const uint8_t cp500[] = { 0x4f, 0x4a, 0x5a, 0x5f, 0xbb };

    if (c < ' ' || c > '~') {
        return 0x6f;            /* ? */
    }
    for (unsigned i = 0; i < sizeof(cp500) && !on_hercules(); i++) {
        if (c == differ[i]) {
            return cp500[i];
        }
    }
    return ebcdic[c - ' '];
}

/* Opens external interruptions for the service signal alone. */
static void take_service_signal(void)
{
    struct lowcore *lc = lowcore();
    uint64_t cr0 = cr_get(0);

    lc->console_window = 1;
    cr_set(0, CR0_SERVICE_SIGNAL);
    ext_window();
    cr_set(0, cr0);
    lc->console_window = 0;
}

int service_call(uint32_t command, void *sccb)
{
    struct sccb_header *h = sccb;
    uint64_t mask = psw_mask();
    int cc;

    psw_set_mask(PSW_LIBRARY);
    h->response = 0;
    do {
        asm volatile(
            "   .insn   rre,0xb2200000,%[cmd],%[sccb]\n"
            CC_GET
            : [cc] "=d" (cc)
            : [cmd] "d" (command), [sccb] "a" (sccb) : "cc", "memory");
        do {
            take_service_signal();
        } while (cc == 0 && !READ_ONCE(h->response));
    } while (cc == SERVC_BUSY);
    psw_set_mask(mask);
    return cc;
}

static void console_start(void)
{
    struct mask_sccb *s = (void *)sccb_page;

    memset(s, 0, sizeof(*s));
    s->h.length = sizeof(*s);
    s->mask_length = 4;
    s->send = 0x40000000;       /* messages: event type 2 */
    service_call(SCLP_WRITE_EVENT_MASK, s);
    console_ready = true;
}

void console_line(const char *line)
{
    struct message_sccb *s = (void *)sccb_page;
    uint64_t mask = psw_mask();
    size_t n = strlen(line);

    psw_set_mask(PSW_LIBRARY);
    lock(&console_lock);
    if (!console_ready) {
        console_start();
    }
    n = n < sizeof(s->text) ? n : sizeof(s->text);
    memset(s, 0, sizeof(*s));
    s->to_length = offsetof(struct message_sccb, text)
                   - offsetof(struct message_sccb, to_length) + n;
    s->to_type = 4;
    s->to_line_type = 0x1000;   /* end of line */
    s->go_length = offsetof(struct message_sccb, to_length)
                   - offsetof(struct message_sccb, go_length);
    s->go_type = 1;
    s->mdb_length = offsetof(struct message_sccb, text) + n
                    - offsetof(struct message_sccb, mdb_length);
    s->mdb_type = 1;
    s->mdb_tag = 0xd4c4c240;    /* "MDB " */
    s->mdb_revision = 1;
    s->evb_type = 2;
    s->evb_length = offsetof(struct message_sccb, text) + n
                    - offsetof(struct message_sccb, evb_length);
    s->h.length = offsetof(struct message_sccb, text) + n;
    for (size_t i = 0; i < n; i++) {
        s->text[i] = to_ebcdic(line[i]);
    }
    service_call(SCLP_WRITE_EVENT_DATA, s);
    unlock(&console_lock);
    psw_set_mask(mask);
}

const char *argument(const char *name, const char *otherwise)
{
    static char value[8][32];
    static unsigned turn;
    size_t len = strlen(name);

    for (const char *p = command_line; *p; p++) {
        if ((p == command_line || p[-1] == ' ') && !strncmp(p, name, len)
            && p[len] == '=') {
            char *v = value[turn++ % 8];
            size_t n = 0;

            for (p += len + 1; *p && *p != ' ' && n < 31; p++) {
                v[n++] = *p;
            }
            v[n] = 0;
            return v;
        }
    }
    return otherwise;
}

uint64_t argument_number(const char *name, uint64_t otherwise)
{
    const char *s = argument(name, NULL);
    uint64_t v = 0, base = 10;

    if (!s) {
        return otherwise;
    }
    if (s[0] == '0' && s[1] == 'x') {
        base = 16;
        s += 2;
    }
    for (; *s; s++) {
        v = v * base + (*s <= '9' ? *s - '0' : (*s | 0x20) - 'a' + 10);
    }
    return v;
}

const char *machine_name(void)
{
    static char name[32];

    if (!name[0]) {
        memcpy(name, argument("accel", "tcg"), sizeof(name));
    }
    return name;
}

uint64_t memory_size(void)
{
    static uint64_t size;
    struct info_sccb *s = (void *)sccb_page;
    uint64_t n, mib;

    if (!size) {
        lock(&console_lock);
        memset(s, 0, PAGE_SIZE);
        s->h.length = PAGE_SIZE;
        service_call(SCLP_READ_SCP_INFO, s);
        n = s->increments ? s->increments : s->increments2;
        mib = s->increment_mib ? s->increment_mib : s->increment_mib2;
        size = n * mib << 20;
        unlock(&console_lock);
    }
    return size;
}

uint64_t memory_free(void)
{
    return alloc_next ? alloc_next : (uint64_t)image_end;
}

void *memory_alloc(uint64_t size, uint64_t align)
{
    uint64_t p = ALIGN_UP(memory_free(), align);

    if (p + size > memory_size()) {
        bail_out("out of guest memory: %lu bytes", size);
    }
    alloc_next = p + size;
    return memset((void *)p, 0, size);
}

bool facility(unsigned nr)
{
    static uint64_t list[32];
    static bool have;

    if (!have) {
        register uint64_t r0 asm("0") = ARRAY_SIZE(list) - 1;

        asm volatile(".insn s,0xb2b00000,%0"
                     : "=Q" (list), "+d" (r0) : : "cc", "memory");
        have = true;
    }
    return nr < 64 * ARRAY_SIZE(list)
           && (list[nr / 64] >> (63 - nr % 64) & 1);
}

void machine_stop(uint64_t address)
{
    struct lowcore *lc = lowcore();

    psw_set_mask(PSW_LIBRARY);
    smp_stop_others();
    lc->call_target = (struct psw) { PSW_WAIT | PSW_64, address };
    for (;;) {
        asm volatile("lpswe %0" : : "Q" (lc->call_target));
    }
}
