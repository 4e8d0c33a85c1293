package sandbox_test

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"countersign/sandbox"
)

// fromEnv is a count that a variable of the environment may change.
func fromEnv(t *testing.T, name string, count int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return count
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s must be a count, not %q", name, text)
	}
	return n
}

// resident is how many MB of memory a process has, or 0 where the system does not say.
func resident(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kB := 0
	_, _ = fmt.Fscan(bytes.NewReader(rest), &kB)
	return kB >> 10
}

// samples are how often the memory is looked at.
const samples = 10

// TestManyApprovals has many transfers approved at once by a server of its own, and counts
// the money. SANDBOX_APPROVALS sets how many; the rate is logged, for people to read, and
// the server's memory with it. From 10,000 on the memory must not grow in the second half,
// when all caches are full.
func TestManyApprovals(t *testing.T) {
	count := fromEnv(t, "SANDBOX_APPROVALS", 100)
	w := &world{t: t, dir: t.TempDir()}
	p := launch(t, w.dir)
	<-p.ready
	w.admin, w.alice = as(t, w.dir, "admin"), as(t, w.dir, "alice")
	var err error
	if w.env, err = sandbox.ReadEnv(w.dir, "admin"); err != nil {
		t.Fatal(err)
	}
	w.policy(0, group(1, w.alice.userID))
	began := time.Now()
	var memory []int
	w.approveMany(count, func(done int) {
		memory = append(memory, resident(p.Process.Pid))
		t.Logf("%d approved, %.0f/s, the server has %d MB", done, float64(done)/time.Since(began).Seconds(), memory[len(memory)-1])
	})
	approved := time.Since(began)
	for mined := 100; mined < count; mined += 100 { // the chain may be behind, but not stand still
		eventually(t, fmt.Sprintf("%d are confirmed", mined), func() bool { return w.wei(recipient).Cmp(big.NewInt(int64(mined))) >= 0 })
	}
	eventually(t, "all are confirmed", func() bool { return w.wei(recipient).Cmp(big.NewInt(int64(count))) == 0 })
	t.Logf("%d transfers asked for and approved in %v, mined in %v: %.0f approvals/s", count, approved,
		time.Since(began), float64(count)/approved.Seconds())
	if half, end := memory[len(memory)/2], memory[len(memory)-1]; count >= 10_000 && end > half+half/4 {
		t.Errorf("the server had %d MB halfway and %d MB at the end: %v", half, end, memory)
	}
	if err := p.kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

// approveMany has admin ask for transfers of 1 wei and alice approve them, and tells of the
// progress now and then.
func (w *world) approveMany(count int, progress func(done int)) {
	const workers = 8
	asked := make(chan entity, workers)
	var makers, voters sync.WaitGroup
	var done atomic.Int64
	var telling sync.Mutex
	for worker := range workers {
		makers.Go(func() {
			for i := worker; i < count; i += workers {
				e, err := w.admin.tryTransfer(w.admin.walletID, recipient, fmt.Sprintf("many-%d", i), 1)
				if err != nil {
					w.t.Errorf("asking: %v", err)
					return
				}
				asked <- e
			}
		})
		voters.Go(func() {
			for e := range asked {
				if _, err := w.alice.tryCall("/v2/policy-approvals/"+e.ApprovalID+"/decisions", `{"value":"Approved"}`); err != nil {
					w.t.Errorf("approving: %v", err)
				}
				if n := int(done.Add(1)); n%max(1, count/samples) == 0 {
					telling.Lock()
					progress(n)
					telling.Unlock()
				}
			}
		})
	}
	makers.Wait()
	close(asked)
	voters.Wait()
}
