// The same in Go: a static program, whose runtime makes its own system calls.
//
// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

const (
	createVM, getMmapSize, createVCPU = 0xae01, 0xae04, 0xae41
	setMemory, run, getSkeys          = 0x4020ae46, 0xae80, 0x4040aeb2
)

var code = []byte{0xa7, 0x29, 0x50, 0x00, 0xa7, 0x19, 0x00, 0x30,
	0xb2, 0x2b, 0x00, 0x12, 0x83, 0x12, 0x05, 0x01}

func ioctl(fd, request, arg uintptr) uintptr {
	result, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, arg)
	if errno != 0 {
		fmt.Printf("ioctl %#x: %v\n", request, errno)
		os.Exit(1)
	}
	return result
}

func mapping(fd, size, flags int) []byte {
	m, err := syscall.Mmap(fd, 0, size,
		syscall.PROT_READ|syscall.PROT_WRITE, flags)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return m
}

func address(m []byte) uint64 {
	return uint64(uintptr(unsafe.Pointer(&m[0])))
}

func main() {
	file, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	kvm := file.Fd()
	vm := ioctl(kvm, createVM, 0)
	memory := mapping(-1, 1<<20, syscall.MAP_SHARED|syscall.MAP_ANON)
	copy(memory[0x1000:], code)
	slot := [4]uint64{0, 0, 1 << 20, address(memory)}
	ioctl(vm, setMemory, uintptr(unsafe.Pointer(&slot)))
	vcpu := ioctl(vm, createVCPU, 0)
	page := mapping(int(vcpu), int(ioctl(kvm, getMmapSize, 0)),
		syscall.MAP_SHARED)
	binary.BigEndian.PutUint64(page[32:], 0x180000000)
	binary.BigEndian.PutUint64(page[40:], 0x1000)
	ioctl(vcpu, run, 0)
	key := mapping(-1, 4096, syscall.MAP_SHARED|syscall.MAP_ANON)
	keys := [8]uint64{5, 1, address(key)}
	ioctl(vm, getSkeys, uintptr(unsafe.Pointer(&keys)))
	fmt.Printf("exit %d at %#x, key %#x\n", binary.BigEndian.Uint32(page[8:]),
		binary.BigEndian.Uint64(page[40:]), key[0])
}
