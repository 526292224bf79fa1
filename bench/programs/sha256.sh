#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# CPU-bound: busybox's sha256 of 64 MiB that lie in memory, several times.
# A wrong digest is a failure, not a figure.
. /lib.sh

digest=3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351

now() {
    cut -d' ' -f1 /proc/uptime
}

dd if=/dev/zero of=/tmp/data bs=1M count=64 2> /dev/null
for _ in $(seq "${1:-3}"); do
    start=$(now)
    found=$(sha256sum /tmp/data)
    end=$(now)
    [ "${found%% *}" = "$digest" ] || exit 1
    measure sha256-64MiB s "$(echo "$end $start" | awk '{print $1 - $2}')"
done
