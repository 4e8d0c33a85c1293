package sandbox_test

import (
	"fmt"
	"math/big"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestManyApprovals has many transfers approved at once, and counts the money.
// SANDBOX_APPROVALS sets how many; the rate is logged, for people to read.
func TestManyApprovals(t *testing.T) {
	count := 100
	if text := os.Getenv("SANDBOX_APPROVALS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("SANDBOX_APPROVALS must be a count, not %q", text)
		}
		count = n
	}
	w := newWorld(t, 1)
	w.policy(0, group(1, w.alice.userID))
	const workers = 8
	asked := make(chan entity, workers)
	var makers, voters sync.WaitGroup
	began := time.Now()
	for worker := range workers {
		makers.Go(func() {
			for i := worker; i < count; i += workers {
				e, err := w.admin.tryTransfer(w.admin.walletID, recipient, fmt.Sprintf("many-%d", i), 1)
				if err != nil {
					t.Errorf("asking: %v", err)
					return
				}
				asked <- e
			}
		})
		voters.Go(func() {
			for e := range asked {
				if _, err := w.alice.tryCall("/v2/policy-approvals/"+e.ApprovalID+"/decisions", `{"value":"Approved"}`); err != nil {
					t.Errorf("approving: %v", err)
				}
			}
		})
	}
	makers.Wait()
	close(asked)
	voters.Wait()
	approved := time.Since(began)
	eventually(t, "all are confirmed", func() bool { return w.wei(recipient).Cmp(big.NewInt(int64(count))) == 0 })
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d transfers asked for and approved in %v, mined in %v: %.0f approvals/s; heap %d MB", count, approved,
		time.Since(began), float64(count)/approved.Seconds(), memory.HeapAlloc>>20)
}
