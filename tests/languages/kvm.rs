// The same in Rust, with nothing but the standard library.
//
// SPDX-License-Identifier: GPL-2.0-or-later

use std::fs::OpenOptions;
use std::os::unix::io::{AsRawFd, RawFd};

const CREATE_VM: u64 = 0xae01;
const GET_MMAP_SIZE: u64 = 0xae04;
const CREATE_VCPU: u64 = 0xae41;
const SET_MEMORY: u64 = 0x4020_ae46;
const RUN: u64 = 0xae80;
const GET_SKEYS: u64 = 0x4040_aeb2;
const CODE: [u8; 16] = [
    0xa7, 0x29, 0x50, 0x00, 0xa7, 0x19, 0x00, 0x30,
    0xb2, 0x2b, 0x00, 0x12, 0x83, 0x12, 0x05, 0x01,
];

extern "C" {
    fn ioctl(fd: i32, request: u64, arg: usize) -> i32;
    fn mmap(addr: *mut u8, len: usize, prot: i32, flags: i32, fd: i32,
            offset: i64) -> *mut u8;
}

fn call(fd: RawFd, request: u64, arg: usize) -> i32 {
    let result = unsafe { ioctl(fd, request, arg) };
    if result < 0 {
        panic!("{:#x}: {}", request, std::io::Error::last_os_error());
    }
    result
}

/// Shared, readable and writable.
fn mapping(fd: RawFd, len: usize) -> &'static mut [u8] {
    let flags = if fd < 0 { 0x21 } else { 1 };
    unsafe {
        let at = mmap(std::ptr::null_mut(), len, 3, flags, fd, 0);
        assert!(at as isize != -1);
        std::slice::from_raw_parts_mut(at, len)
    }
}

fn main() {
    let file = OpenOptions::new().read(true).write(true).open("/dev/kvm")
        .expect("/dev/kvm");
    let kvm = file.as_raw_fd();
    let vm = call(kvm, CREATE_VM, 0);
    let memory = mapping(-1, 1 << 20);
    memory[0x1000..0x1010].copy_from_slice(&CODE);
    let slot = [0u64, 0, 1 << 20, memory.as_ptr() as u64];
    call(vm, SET_MEMORY, slot.as_ptr() as usize);
    let vcpu = call(vm, CREATE_VCPU, 0);
    let run = mapping(vcpu, call(kvm, GET_MMAP_SIZE, 0) as usize);
    run[32..40].copy_from_slice(&0x1_8000_0000u64.to_be_bytes());
    run[40..48].copy_from_slice(&0x1000u64.to_be_bytes());
    call(vcpu, RUN, 0);
    let key = mapping(-1, 4096);
    let keys = [5u64, 1, key.as_ptr() as u64, 0, 0, 0, 0, 0];
    call(vm, GET_SKEYS, keys.as_ptr() as usize);
    println!("exit {} at {:#x}, key {:#x}",
             u32::from_be_bytes(run[8..12].try_into().unwrap()),
             u64::from_be_bytes(run[40..48].try_into().unwrap()), key[0]);
}
