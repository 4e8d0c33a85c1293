//go:build unix

package verify_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/verify"
)

// A message is what a signature is over, ready to be verified.
type message struct {
	pub        ed25519.PublicKey
	input, sig []byte
}

// floor is how long the bare signatures of the log take on all processors.
func (l bigLog) floor(tb testing.TB) (took spent) {
	tb.Helper()
	who := map[string]ed25519.PublicKey{}
	for _, name := range authors {
		header, err := audit.ProtectedHeader(key(name).Public())
		if err != nil {
			tb.Fatal(err)
		}
		who[header] = key(name).Public().(ed25519.PublicKey)
	}
	var part []message
	flush := func() {
		start := now(tb)
		var all sync.WaitGroup
		for w := range runtime.GOMAXPROCS(0) {
			all.Go(func() {
				for i := w; i < len(part); i += runtime.GOMAXPROCS(0) {
					if !ed25519.Verify(part[i].pub, part[i].input, part[i].sig) {
						tb.Errorf("a bare signature does not verify")
					}
				}
			})
		}
		all.Wait()
		took.add(now(tb), start)
		part = part[:0]
	}
	for e, err := range l.records() {
		if err != nil {
			tb.Fatal(err)
		}
		dot := strings.LastIndexByte(e.JWS, '.')
		sig, err := base64.RawURLEncoding.DecodeString(e.JWS[dot+1:])
		if err != nil {
			tb.Fatal(err)
		}
		part = append(part, message{who[e.JWS[:strings.IndexByte(e.JWS, '.')]], []byte(e.JWS[:dot]), sig})
		if len(part) == 8192 {
			flush()
		}
	}
	flush()
	return took
}

// verified is how long a verification takes, which must find nothing.
func (l bigLog) verified(tb testing.TB, o verify.Options) (took spent) {
	tb.Helper()
	start := now(tb)
	got, err := o.Log(tb.Context(), verify.Source{Entries: l.records(), Final: l.final}, l.trust)
	took.add(now(tb), start)
	if err != nil || !got.OK() || !got.Complete || got.Records != l.size {
		tb.Fatalf("Log = %+v, %v", got, err)
	}
	return took
}

// spent is how long something took, by the clock and on all processors together. On a
// machine with other work only the second can be compared.
type spent struct{ clock, cpu time.Duration }

func (s *spent) add(end, start spent) {
	s.clock += end.clock - start.clock
	s.cpu += end.cpu - start.cpu
}

var began = time.Now()

func now(tb testing.TB) spent {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return spent{clock: time.Since(began), cpu: time.Duration(u.Utime.Nano() + u.Stime.Nano())}
}

// BenchmarkVerifyRatio tells, in one run, how many times longer a log takes to verify than
// its bare Ed25519 signatures do on the same processors, from a file, and what only the
// hashes take: by the clock, and by the time of the processors.
func BenchmarkVerifyRatio(b *testing.B) {
	l := newBigLog(b)
	var floor, full, hashes spent
	best := spent{cpu: 1 << 62}
	bestFloor := best
	for b.Loop() {
		bare, whole := l.floor(b), l.verified(b, verify.Options{})
		floor.add(bare, spent{})
		full.add(whole, spent{})
		hashes.add(l.verified(b, verify.Options{HashesOnly: true}), spent{})
		best.cpu, bestFloor.cpu = min(best.cpu, whole.cpu), min(bestFloor.cpu, bare.cpu)
	}
	perMillion := float64(b.N) * float64(l.size) / 1e6
	b.ReportMetric(float64(full.clock)/float64(floor.clock), "×floor")
	b.ReportMetric(float64(full.cpu)/float64(floor.cpu), "×floor-cpu")
	b.ReportMetric(float64(best.cpu)/float64(bestFloor.cpu), "×floor-cpu-best") // of the quietest rounds
	b.ReportMetric(full.clock.Seconds()/perMillion, "s/1M")
	b.ReportMetric(full.cpu.Seconds()/perMillion, "cpu-s/1M")
	b.ReportMetric(floor.cpu.Seconds()/perMillion, "floor-cpu-s/1M")
	b.ReportMetric(hashes.clock.Seconds()/perMillion, "hashes-s/1M")
	b.ReportMetric(hashes.cpu.Seconds()/perMillion, "hashes-cpu-s/1M")
}

// The memory of a verifier grows with the records by what it must remember of them only.
func TestMemoryIsBounded(t *testing.T) {
	l := newBigLog(t)
	debug.FreeOSMemory()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var most uint64
	s := verify.Source{Final: l.final, Entries: func(yield func(audit.Entry, error) bool) {
		for e, err := range l.records() {
			if e.Index%4096 == 0 || e.Index == l.size-1 {
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse+now.StackInuse)
			}
			if !yield(e, err) {
				return
			}
		}
	}}
	got, err := verify.Log(t.Context(), s, l.trust)
	if err != nil || !got.OK() {
		t.Fatalf("Log = %+v, %v", got, err)
	}
	// 256 MB for a million, of which 16 MB are there for the shortest log.
	limit := before.HeapInuse + before.StackInuse + 16<<20 + uint64(l.size)*240
	if most > limit {
		t.Errorf("%d records took %d MB at most, want %d MB or less", l.size, most>>20, limit>>20)
	}
	t.Logf("%d records took %d MB of memory at most; %s", l.size, most>>20, highWater())
}

// highWater is the most memory that the process has had, by the kernel's word.
func highWater() string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "no /proc here"
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmHWM") {
			return strings.TrimSpace(line)
		}
	}
	return "no VmHWM"
}
