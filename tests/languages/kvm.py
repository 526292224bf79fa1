# SPDX-License-Identifier: GPL-2.0-or-later
"""The same by ctypes; the interpreter is an s390x program."""

import ctypes
import fcntl
import mmap
import os
import struct

CREATE_VM, GET_MMAP_SIZE, CREATE_VCPU = 0xae01, 0xae04, 0xae41
SET_MEMORY, RUN, GET_SKEYS = 0x4020ae46, 0xae80, 0x4040aeb2
CODE = bytes.fromhex('a7295000 a7190030 b22b0012 83120501')


def address(buffer):
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


kvm = os.open('/dev/kvm', os.O_RDWR)
vm = fcntl.ioctl(kvm, CREATE_VM, 0)
memory = mmap.mmap(-1, 1 << 20)
memory[0x1000:0x1000 + len(CODE)] = CODE
fcntl.ioctl(vm, SET_MEMORY, struct.pack('=IIQQQ', 0, 0, 0, 1 << 20,
                                        address(memory)))
vcpu = fcntl.ioctl(vm, CREATE_VCPU, 0)
run = mmap.mmap(vcpu, fcntl.ioctl(kvm, GET_MMAP_SIZE, 0))
run[32:48] = struct.pack('=QQ', 0x180000000, 0x1000)
fcntl.ioctl(vcpu, RUN, 0)
key = bytearray(1)
fcntl.ioctl(vm, GET_SKEYS, struct.pack('=QQQI9I', 5, 1, address(key),
                                       *[0] * 10))
reason, = struct.unpack('=I', run[8:12])
where, = struct.unpack('=Q', run[40:48])
print(f'exit {reason} at {where:#x}, key {key[0]:#x}')
