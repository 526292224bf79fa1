# SPDX-License-Identifier: GPL-2.0-or-later
"""A debugger attached to the machine; the guest is tests/guest/debugged.c."""

import os

from kvm390 import gdb

from . import symbol, texts

PSW_64 = 0x180000000
KEY = 0x0123456789abcdef


def attach(case):
    path = os.path.join(case.work, 'gdb')
    machine = case.program('debugged', extra=[
        '-S', '-gdb', f'unix:{path},server=on,wait=off'])
    stub = gdb.Gdb(path, case.timeout)
    breakpoint_at_main(case, stub)
    interrupt(case, stub, machine)
    steps(case, stub)
    watchpoint(case, stub)
    hardware_breakpoint(case, stub)
    stub.detach()
    stub.close()
    case.ok(case.finish_program(machine), 'the program saw the same')
    case.equal(case.outcome(machine), 0, 'QEMU ends')


def breakpoint_at_main(case, stub):
    main = symbol('debugged', 'main')
    stub.insert(gdb.BREAKPOINT, main)
    stub.resume()
    case.ok(stub.stopped().startswith('T05'), 'a breakpoint stops it')
    registers = stub.registers()
    case.equal(registers[gdb.PSW_ADDRESS], main, 'the PSW is there')
    case.equal(registers[gdb.PSW_MASK] & PSW_64, PSW_64, 'in 64-bit mode')
    case.equal(registers[gdb.r(15)], stub.register(gdb.r(15)),
               'registers one by one and all together agree')
    stub.remove(gdb.BREAKPOINT, main)


def interrupt(case, stub, machine):
    """Stop the program where it waits for the gate, and open it."""
    gate = symbol('debugged', 'gate')
    stub.insert(gdb.BREAKPOINT, symbol('debugged', 'meet'))
    stub.resume()
    machine.wait(lambda: 'ok 1 - started' in texts(machine), case.timeout)
    case.ok('ok 1 - started' in texts(machine), 'the machine runs on')
    stub.interrupt()
    case.ok(stub.stopped().startswith('T02'), 'an interrupt stops it')
    case.equal(stub.memory(gate, 8), bytes(8), 'memory is read')
    stub.set_memory(gate, KEY.to_bytes(8, 'big'))
    case.equal(stub.memory(gate, 8), KEY.to_bytes(8, 'big'),
               'memory is written')
    stub.resume()
    case.ok(stub.stopped().startswith('T05'),
            'the guest sees it and meets the next breakpoint')


def steps(case, stub):
    """Through the three instructions at meet, of 4, 6 and 4 bytes."""
    meet = symbol('debugged', 'meet')
    # As debuggers do: under KVM the instruction is not there until then.
    stub.remove(gdb.BREAKPOINT, meet)
    case.equal(stub.register(gdb.r(2)), 0x1000, 'a register is read')
    stub.set_register(gdb.r(2), 0x2000)
    seen = []
    for _ in range(3):
        stub.step()
        seen.append((stub.register(gdb.PSW_ADDRESS) - meet,
                     stub.register(gdb.r(1))))
    case.equal(seen, [(4, 1), (10, 16), (14, 16)],
               'single steps, one instruction each')
    case.equal(stub.register(gdb.r(2)), 0x2010, 'a register is written')


def watchpoint(case, stub):
    watched = symbol('debugged', 'watched')
    stub.insert(gdb.WRITE_WATCHPOINT, watched, 8)
    stub.resume()
    why = stub.stopped()
    case.ok(f'watch:{watched:x};' in why, 'a watchpoint stops it', why)
    stub.remove(gdb.WRITE_WATCHPOINT, watched, 8)


def hardware_breakpoint(case, stub):
    """At what looks at the watched variable."""
    report = symbol('debugged', 'ok_eq')
    stub.insert(gdb.HARDWARE_BREAKPOINT, report)
    stub.resume()
    case.ok(stub.stopped().startswith('T05'), 'a hardware breakpoint as well')
    case.equal(stub.register(gdb.PSW_ADDRESS), report, 'where it was put')
    stub.remove(gdb.HARDWARE_BREAKPOINT, report)


CASES = [('gdbstub', ('kvm390', 'tcg'), attach)]
