# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# What init and the guest's shell programs share.

export PATH=/bin:/programs HOME=/root

# option NAME: the value of kvm390.NAME on the kernel command line, or nothing.
option() {
    for word in $(/bin/busybox cat /proc/cmdline); do
        case "$word" in "kvm390.$1="*) echo "${word#*=}" ;; esac
    done
}

# fact KEY VALUE...: tell the host something, one line each.
fact() {
    key=$1
    shift
    echo "kvm390: $key=$*"
}

# checkpoint NAME: let the host look at the machine in this state. It answers
# with an empty line; without kvm390.sync=1 nobody is waited for.
checkpoint() {
    [ "$(option sync)" = 1 ] || return 0
    fact checkpoint "$1"
    read -r _ < /dev/console
}

# measure NAME UNIT VALUE: a figure for bench/.
measure() {
    echo "bench $1 $3 $2"
}
