package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countersign/store/storetest"
)

// TestAHundredKills kills the processes that append, two at once with eight writers each,
// and the database under them, 100 times in all: what was acknowledged is there, the
// checkpoints are of one chain, and the whole verifies. It is a slow test: `make slow`.
func TestAHundredKills(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_SLOW") == "" {
		t.Skip("slow: make slow")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	t.Run("SQLite", func(t *testing.T) {
		killLoop(t, filepath.Join(t.TempDir(), "trail.db"), 50, random, nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		storetest.Postgres(t) // or says why there is none
		c := newCluster(t)
		killLoop(t, c.dsn(), 50, random, c.crash)
	})
}

func killLoop(t *testing.T, dsn string, kills int, random *rand.Rand, crash func()) {
	t.Helper()
	desk(t, dsn, "us").DB.Close() // enrolled before they write
	var all []string
	for round := 0; kills > 0; round++ {
		one, two := startWriter(t, dsn, fmt.Sprint(round, "a")), startWriter(t, dsn, fmt.Sprint(round, "b"))
		one.until(t, 20+random.IntN(100))
		two.until(t, 1+random.IntN(100))
		switch victim := random.IntN(3); {
		case victim == 0 && crash != nil:
			crash()
			kills--
		case victim == 1:
			one.kill()
			two.until(t, 200) // the other goes on
			kills--
		}
		one.kill()
		two.kill()
		kills -= 2
		all = append(append(all, one.said()...), two.said()...)
	}
	db := reopened(t, dsn)
	tr := trailOn(db, "us")
	for _, key := range all {
		if _, err := db.Find(t.Context(), key); err != nil {
			t.Errorf("%s was acknowledged: %v", key, err)
		}
	}
	if sorted := slices.Sorted(slices.Values(all)); len(slices.Compact(sorted)) != len(all) {
		t.Error("a record was acknowledged twice")
	}
	n := verified(t, tr)
	t.Logf("%d acknowledged, %d records, %d checkpoints on one chain", len(all), n, chained(t, db))
	if got := taken(t, tr, time.Time{}); got != fmt.Sprint(n) {
		t.Errorf("the pot holds %s, want one for each of %d records", got, n)
	}
}

// A writer is a process with eight writers.
type writer struct {
	cmd   *exec.Cmd
	mu    sync.Mutex
	more  *sync.Cond
	keys  []string
	ended bool
	once  sync.Once
}

func startWriter(t *testing.T, dsn, round string) *writer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{cmd: exec.Command(self)}
	w.more = sync.NewCond(&w.mu)
	w.cmd.Env = append(os.Environ(), "COUNTERSIGN_TEST_APPEND_TO="+dsn, "COUNTERSIGN_TEST_ROUND="+round, "COUNTERSIGN_TEST_WRITERS=8")
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.kill)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			w.mu.Lock()
			w.keys = append(w.keys, lines.Text())
			w.more.Broadcast()
			w.mu.Unlock()
		}
		w.mu.Lock()
		w.ended = true
		w.more.Broadcast()
		w.mu.Unlock()
	}()
	return w
}

// until waits for so many acknowledgements, or the writer's end: a database that was
// killed ends it.
func (w *writer) until(t *testing.T, n int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.keys) < n && !w.ended {
		w.more.Wait()
	}
	if len(w.keys) == 0 {
		t.Error("a writer has acknowledged nothing")
	}
}

func (w *writer) kill() {
	w.once.Do(func() {
		_ = w.cmd.Process.Kill() // it may have ended
		w.mu.Lock()
		for !w.ended {
			w.more.Wait()
		}
		w.mu.Unlock()
		_ = w.cmd.Wait() // killed
	})
}

func (w *writer) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.keys
}

// A cluster is a PostgreSQL of this test's own, which may be killed.
type cluster struct {
	t        *testing.T
	dir, bin string
	as       *syscall.Credential
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
		if len(found) == 0 {
			t.Fatal("no initdb")
		}
		initdb = found[len(found)-1]
	}
	if real, err := filepath.EvalSymlinks(initdb); err == nil {
		initdb = real
	}
	dir, err := os.MkdirTemp("/tmp", "countersign-kill.")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, dir: dir, bin: filepath.Dir(initdb)}
	t.Cleanup(func() {
		_ = c.run("pg_ctl", "-D", dir+"/data", "-m", "immediate", "stop")
		os.RemoveAll(dir)
	})
	if os.Getuid() == 0 { // the server refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	c.must("initdb", "-D", dir+"/data", "-U", "countersign", "-A", "trust")
	c.start()
	return c
}

func (c *cluster) dsn() string { return "postgres:///postgres?host=" + c.dir + "&user=countersign" }

func (c *cluster) start() {
	c.must("pg_ctl", "-D", c.dir+"/data", "-w", "-l", c.dir+"/log", "-o", "-c listen_addresses='' -k "+c.dir, "start")
}

// crash is kill -9 of every process of the server: it comes back by its log.
func (c *cluster) crash() {
	pid, err := os.ReadFile(c.dir + "/data/postmaster.pid")
	if err != nil {
		c.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	// Its children end by themselves once they notice; only then may another start.
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	for c.run("pg_ctl", "-D", c.dir+"/data", "-w", "-l", c.dir+"/log", "-o", "-c listen_addresses='' -k "+c.dir, "start") != nil {
		select {
		case <-ctx.Done():
			c.t.Fatal("PostgreSQL does not come back")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *cluster) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	if c.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	}
	cmd.Dir = c.dir
	return cmd.Run()
}

func (c *cluster) must(name string, args ...string) {
	c.t.Helper()
	if err := c.run(name, args...); err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
}
