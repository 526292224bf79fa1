/*
 * kvm390-exec: run an s390x Linux program with a /dev/kvm of its own
 *
 * The program runs under QEMU's user-mode emulation with the preload library,
 * which starts a qemu-system-s390x for each VM. Those are adopted by this
 * process when the program ends first, and waited for, so that nothing is
 * left behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void usage(FILE *out)
{
    fputs("usage: kvm390-exec [OPTIONS] PROGRAM [ARGUMENTS]\n"
          "Runs an s390x Linux program that uses /dev/kvm.\n\n"
          "  --trace          print every KVM ioctl and its result\n"
          "  --qemu FILE      the emulator of VMs, qemu-system-s390x\n"
          "  --user FILE      the emulator of the program, qemu-s390x\n"
          "  --sysroot DIR    where the program's libraries are\n"
          "                   (default /usr/s390x-linux-gnu)\n"
          "  --preload FILE   the preload library\n"
          "  --help\n\n"
          "The environment's KVM390_QEMU, KVM390_USER, KVM390_SYSROOT and\n"
          "KVM390_PRELOAD say the same; KVM390_QEMU_OPTIONS adds options for\n"
          "the emulator of VMs.\n", out);
}

/* The first of @candidates below this program's folder that is there. */
static char *beside(const char *const *candidates)
{
    char self[PATH_MAX], *path;
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (n < 0) {
        return NULL;
    }
    self[n] = 0;
    dirname(self);
    for (; *candidates; candidates++) {
        if (asprintf(&path, "%s/%s", self, *candidates) < 0) {
            return NULL;
        }
        if (!access(path, R_OK)) {
            return path;
        }
        free(path);
    }
    return NULL;
}

static const char *choose(const char *option, const char *variable,
                          const char *const *candidates, const char *fallback)
{
    const char *value = option ? option : getenv(variable);

    if (!value || !*value) {
        value = beside(candidates);
    }
    return value ? value : fallback;
}

static char *assign(const char *name, const char *value)
{
    char *text;

    return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

/*
 * Is this a program for s390x that no library can be preloaded into? All else
 * that is wrong with it the emulator says.
 */
static bool is_static(const char *path)
{
    FILE *f = fopen(path, "re");
    bool s390x = false, interpreter = false;
    Elf64_Ehdr head;
    Elf64_Phdr segment;
    unsigned i;

    if (f && fread(&head, sizeof(head), 1, f) == 1 &&
        !memcmp(head.e_ident, ELFMAG, SELFMAG) &&
        head.e_ident[EI_CLASS] == ELFCLASS64 &&
        head.e_ident[EI_DATA] == ELFDATA2MSB &&
        be16toh(head.e_machine) == EM_S390 &&
        be16toh(head.e_phentsize) == sizeof(segment)) {
        s390x = !fseek(f, be64toh(head.e_phoff), SEEK_SET);
        for (i = 0; s390x && i < be16toh(head.e_phnum); i++) {
            if (fread(&segment, sizeof(segment), 1, f) != 1) {
                s390x = false;
            } else if (be32toh(segment.p_type) == PT_INTERP) {
                interpreter = true;
            }
        }
    }
    if (f) {
        fclose(f);
    }
    return s390x && !interpreter;
}

static void pass_on(int sig)
{
    (void)sig; /* the program is in the same group and has it, too */
}

/* Waits for the program, then for what it left behind. */
static int wait_all(pid_t program)
{
    int status, result = 1;
    pid_t pid;

    while ((pid = wait(&status)) > 0 || errno == EINTR) {
        if (pid == program) {
            result = WIFEXITED(status) ? WEXITSTATUS(status) :
                     128 + WTERMSIG(status);
        }
    }
    return result;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "trace", no_argument, NULL, 't' },
        { "qemu", required_argument, NULL, 'q' },
        { "user", required_argument, NULL, 'u' },
        { "sysroot", required_argument, NULL, 's' },
        { "preload", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        { }
    };
    static const char *const none[] = { NULL };
    static const char *const qemus[] = {
        "../qemu-system-s390x", "qemu-system-s390x", NULL
    };
    static const char *const users[] = { "../qemu-s390x", "qemu-s390x", NULL };
    static const char *const preloads[] = {
        "s390x/libkvm390-preload.so", "../lib/kvm390/libkvm390-preload.so",
        NULL
    };
    const char *qemu = NULL, *user = NULL, *sysroot = NULL, *preload = NULL;
    const char **args;
    int c, n = 0;
    pid_t pid;

    while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        switch (c) {
        case 't':
            setenv("KVM390_TRACE", "1", 1);
            break;
        case 'q':
            qemu = optarg;
            break;
        case 'u':
            user = optarg;
            break;
        case 's':
            sysroot = optarg;
            break;
        case 'p':
            preload = optarg;
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 125;
        }
    }
    if (optind >= argc) {
        usage(stderr);
        return 125;
    }
    qemu = choose(qemu, "KVM390_QEMU", qemus, "qemu-system-s390x");
    user = choose(user, "KVM390_USER", users, "qemu-s390x");
    sysroot = choose(sysroot, "KVM390_SYSROOT", none, "/usr/s390x-linux-gnu");
    preload = choose(preload, "KVM390_PRELOAD", preloads, NULL);
    if (!preload) {
        fputs("kvm390-exec: the preload library is not where it should be; "
              "say --preload\n", stderr);
        return 125;
    }
    if (is_static(argv[optind])) {
        fprintf(stderr, "kvm390-exec: %s is statically linked, so its /dev/kvm "
                "cannot be replaced; link it dynamically, or with libkvm390\n",
                argv[optind]);
        return 126;
    }
    setenv("KVM390_QEMU", qemu, 1);

    args = calloc(argc + 16, sizeof(*args));
    args[n++] = user;
    args[n++] = "-cpu"; /* as much as a VM's largest model */
    args[n++] = "max";
    args[n++] = "-L";
    args[n++] = sysroot;
    args[n++] = "-E";
    args[n++] = assign("LD_PRELOAD", preload);
    memcpy(&args[n], &argv[optind], (argc - optind) * sizeof(*args));

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid = fork();
    if (pid == 0) {
        execvp(user, (char *const *)args);
        fprintf(stderr, "kvm390-exec: cannot run %s: %s\n", user,
                strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }
    if (pid < 0) {
        perror("kvm390-exec");
        return 125;
    }
    signal(SIGINT, pass_on);
    signal(SIGTERM, SIG_DFL);
    return wait_all(pid);
}
