//go:build !linux

package stack

import "syscall"

// orphanKiller keeps a Ctrl-C in the terminal from reaching the child before we
// stop it in order. Outside Linux a child outlives a killed parent.
func orphanKiller() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
