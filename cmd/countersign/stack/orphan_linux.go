package stack

import "syscall"

// orphanKiller makes the kernel stop the child when we die, and keeps a Ctrl-C in
// the terminal from reaching it before we stop it in order.
func orphanKiller() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
