package tests

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "modernc.org/sqlite" // driver "sqlite"
)

type ctx = context.Context

// TestDevStopsEverything starts the whole stack as a user does and ends it in
// every way that a terminal or a supervisor has.
func TestDevStopsEverything(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal os.Signal
		code   int
	}{
		{"Ctrl-C", os.Interrupt, 0},
		{"a supervisor's SIGTERM", syscall.SIGTERM, 0},
		{"a terminal that closes", syscall.SIGHUP, 0},
		{"kill -9", os.Kill, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd, out, addrs := startDev(t)
			for _, a := range addrs {
				if !strings.Contains(read(t, out), a) {
					t.Errorf("dev does not print the address %s:\n%s", a, read(t, out))
				}
			}
			if err := cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the exit code says it
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit %d, want %d:\n%s", code, tt.code, read(t, out))
			}
			for _, a := range addrs { // nobody listens any more
				waitFor(t, "free address "+a, func(context.Context) error {
					l, err := net.Listen("tcp", a)
					if err != nil {
						return err
					}
					return l.Close()
				})
			}
		})
	}
}

// TestAServiceThatIsStoppedWhileItStarts has not failed: a supervisor must not take its end for a fault.
func TestAServiceThatIsStoppedWhileItStarts(t *testing.T) {
	s := newSite(t)
	for _, verb := range []string{"worker", "ingress"} {
		silent, err := net.Listen("tcp", "127.0.0.1:0") // a Temporal that never answers
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		p := s.start(verb, "TEMPORAL_ADDRESS="+silent.Addr().String())
		conn, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait() // the exit code says it
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			log, _ := os.ReadFile(filepath.Join(s.stack.Dir, verb+".log"))
			t.Errorf("%s: exit %d, want 0: %s", verb, code, log)
		}
	}
}

// startDev runs dev on free addresses until it lists them.
func startDev(t *testing.T) (cmd *exec.Cmd, out string, addrs []string) {
	t.Helper()
	program(t, "temporal")
	program(t, "sandbox")
	addrs = freeAddrs(t, 6)
	cmd = exec.Command(program(t, "countersign"), "dev", "--dir", filepath.Join(t.TempDir(), "dev"), "--listen", addrs[0],
		"--temporal", addrs[1], "--ui", addrs[2], "--sandbox", addrs[3], "--rpc", addrs[4], "--control", addrs[5])
	out = filepath.Join(t.TempDir(), "out")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // the child has its own
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // ended already is as good
	waitFor(t, "list of addresses", func(context.Context) error {
		if b := read(t, out); !strings.Contains(b, "Decisions") {
			return fmt.Errorf("output so far: %q", b)
		}
		return nil
	})
	return cmd, out, addrs
}

// TestDevRefusesATakenAddress: a health check would find whoever has it.
func TestDevRefusesATakenAddress(t *testing.T) {
	program(t, "temporal")
	program(t, "sandbox")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, flag := range []string{"--temporal", "--listen"} {
		args := []string{"dev", "--dir", t.TempDir()}
		for _, other := range []string{"--temporal", "--ui", "--sandbox", "--rpc", "--control", "--listen"} {
			args = append(args, other, "127.0.0.1:0")
		}
		_, stderr, code := cli(t, "", append(args, flag, l.Addr().String())...) // the last of a flag holds
		if code != 1 || !strings.Contains(stderr, l.Addr().String()+": bind: address already in use") || !strings.Contains(stderr, "another stack") {
			t.Errorf("%s: exit %d, %q; want 1 and the address", flag, code, stderr)
		}
	}
}

// freeAddrs are below the ports that the system gives to outgoing connections, and those that a
// stack chooses: one of these would soon be taken by whoever dials next.
func freeAddrs(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for tries := 0; len(addrs) < n; tries++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12_000+rand.IntN(8_000)))
		if err != nil && tries > 1000 {
			t.Fatal(err)
		}
		if err == nil {
			defer l.Close() // all held until all are chosen
			addrs = append(addrs, l.Addr().String())
		}
	}
	return addrs
}

// tamper changes record 1 as somebody with the file would: the triggers go first.
func (s *site) tamper() {
	s.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.stack.Dir, "countersign.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		"DROP TRIGGER records_no_update",
		"UPDATE records SET jws = substr(jws, 1, 200) || CASE substr(jws, 201, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(jws, 202) WHERE idx = 1",
	} {
		if _, err := db.Exec(q); err != nil {
			s.t.Fatal(err)
		}
	}
}
