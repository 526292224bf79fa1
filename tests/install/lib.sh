# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the tests that install something into a bare Debian or for another program:
# facts as TAP, and where Debian is to be had. Who sources this has set $top and
# $work.

: "${top:?}" "${work:?}"
passed=0 failed=0

# one FACT COMMAND...: it holds if the command succeeds
one() {
    if "${@:2}" > "$work/out" 2>&1; then
        echo "ok - $1"
        passed=$((passed + 1))
    else
        echo "not ok - $1"
        tail -30 "$work/out" | sed 's/^/# /'
        failed=$((failed + 1))
    fi
}

# The last line; fails if a fact did not hold.
result() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

# bare_debian SUITE TARGET OPTIONS OF mmdebstrap...
bare_debian() {
    local mirror sources=()
    for mirror in $(PYTHONPATH=$top/scripts/lib python3 -c \
        'from kvm390.fetch import apt; print(*apt.mirrors())'); do
        sources+=("deb $mirror $1 main")
    done
    mmdebstrap "${@:3}" "$1" "$2" "${sources[@]}"
}
