/*
 * kvm390-exec: run an s390x Linux program with a /dev/kvm of its own
 *
 * A front to qemu-s390x, which answers /dev/kvm where the environment has
 * KVM390: finds it, the emulator of VMs and the program's libraries. The VMs'
 * processes end with the program and are adopted by this one, which waits for
 * them, so that nothing is left behind; the program ends with this process.
 *
 * SPDX-License-Identifier: MIT
 */
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

static void print_usage(FILE *out)
{
    fputs("usage: kvm390-exec [OPTIONS] PROGRAM [ARGUMENTS]\n"
          "Runs an s390x Linux program that uses /dev/kvm.\n\n"
          "  --trace          print every KVM ioctl and its result\n"
          "  --summary        print a table of them at the end, as strace -c\n"
          "  --qemu FILE      the emulator of VMs, qemu-system-s390x-kvm390\n"
          "  --user FILE      the emulator of the program, qemu-s390x-kvm390\n"
          "  --sysroot DIR    where the program's libraries are\n"
          "                   (default /usr/s390x-linux-gnu)\n"
          "  --version, --help\n\n"
          "Without --qemu and --user: what is beside kvm390-exec, or PATH's.\n"
          "The environment's KVM390_QEMU, KVM390_USER and KVM390_SYSROOT say\n"
          "the same; KVM390_QEMU_OPTIONS adds options for the emulator of\n"
          "VMs. Without this front: KVM390=1 qemu-s390x-kvm390 PROGRAM.\n",
          out);
}

/* The first of @candidates below this program's folder that is there. */
static char *file_beside(const char *const *candidates)
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

static const char *choose_path(const char *option, const char *variable,
                                   const char *const *candidates,
                                   const char *fallback)
{
    const char *value = option ? option : getenv(variable);

    if (!value || !*value) {
        value = file_beside(candidates);
    }
    return value ? value : fallback;
}

static volatile sig_atomic_t program_pid;

/* The program is ended as this process is; ^C it has from the terminal, too. */
static void pass_on(int sig)
{
    if (sig != SIGINT && sig != SIGQUIT && program_pid > 0) {
        kill(program_pid, sig);
    }
}

static void pass_on_signals(void)
{
    static const int signals[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
    };
    struct sigaction act = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
    size_t i;

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &act, NULL);
    }
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
        { "summary", no_argument, NULL, 'c' },
        { "qemu", required_argument, NULL, 'q' },
        { "user", required_argument, NULL, 'u' },
        { "sysroot", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { }
    };
    static const char *const none[] = { NULL };
    /* In a build and as installed; a plain name there is another QEMU's. */
    static const char *const qemus[] = {
        "../qemu-system-s390x", "qemu-system-s390x-kvm390", NULL
    };
    static const char *const users[] = {
        "../qemu-s390x", "qemu-s390x-kvm390", NULL
    };
    const char *qemu = NULL, *user = NULL, *sysroot = NULL;
    const char **args;
    sigset_t all, before;
    int c, n = 0;
    pid_t pid;

    while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        switch (c) {
        case 't':
            setenv("KVM390_TRACE", "1", 1);
            break;
        case 'c':
            setenv("KVM390_TRACE", "summary", 1);
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
        case 'h':
            print_usage(stdout);
            return 0;
        case 'V':
            puts("kvm390-exec " KVM390_VERSION);
            return 0;
        default:
            print_usage(stderr);
            return 125;
        }
    }
    if (optind >= argc) {
        print_usage(stderr);
        return 125;
    }
    qemu = choose_path(qemu, "KVM390_QEMU", qemus,
                           "qemu-system-s390x-kvm390");
    user = choose_path(user, "KVM390_USER", users, "qemu-s390x-kvm390");
    sysroot = choose_path(sysroot, "KVM390_SYSROOT", none,
                              "/usr/s390x-linux-gnu");
    setenv("KVM390_QEMU", qemu, 1);
    setenv("KVM390", "1", 1);

    args = calloc(argc + 16, sizeof(*args));
    args[n++] = user;
    args[n++] = "-cpu"; /* as much as a VM's largest model */
    args[n++] = "max";
    args[n++] = "-L";
    args[n++] = sysroot;
    memcpy(&args[n], &argv[optind], (argc - optind) * sizeof(*args));

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        execvp(user, (char *const *)args);
        fprintf(stderr, "kvm390-exec: cannot run %s: %s\n", user,
                strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }
    if (pid < 0) {
        perror("kvm390-exec");
        return 125;
    }
    program_pid = pid;
    pass_on_signals();
    sigprocmask(SIG_SETMASK, &before, NULL);
    return wait_all(pid);
}
