#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Keeps a state that a host can check while it records, saves or moves the
# machine: a process that ticks on the console, one bound to each CPU that
# counts, data in memory. Commands from the console: "set WORD" changes the
# state, "show" tells it, "end" ends the program.

. /lib.sh

ticker() {
    tick=0
    while [ ! -e /tmp/stop ]; do
        fact tick $tick
        tick=$((tick + 1))
        usleep 50000
    done
}

counter() {
    count=0
    while [ ! -e /tmp/stop ]; do
        count=$((count + 1))
        echo $count > "/tmp/count.$1"
        usleep 30000
    done
}

# The file is empty for a moment with each count.
counts() {
    for file in /tmp/count.*; do
        until value=$(cat "$file") && [ -n "$value" ]; do :; done
        echo "$value"
    done
}

sum() {
    md5sum /tmp/data | cut -c1-32
}

if [ "$1" = counter ]; then
    counter "$2"
    exit
fi

dd if=/dev/urandom of=/tmp/data bs=64k count=16 2> /dev/null
echo nothing > /tmp/word
fact sum "$(sum)"
cpu=0
while [ $cpu -lt "$(nproc)" ]; do
    taskset -c $cpu "$0" counter $cpu &
    cpu=$((cpu + 1))
done
ticker &

while read -r command argument; do
    case $command in
    set) echo "$argument" > /tmp/word ;;
    end) break ;;
    esac
    # shellcheck disable=SC2046 # one line is meant
    fact counts $(counts)
    fact sum "$(sum)"
    fact word "$(cat /tmp/word)"
done
touch /tmp/stop
wait
fact word "$(cat /tmp/word)"
