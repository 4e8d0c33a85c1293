package sandbox_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countersign/sandbox"
)

// binary builds the real program once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sandbox-test-bin-")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "sandbox")
	out, err := exec.Command("go", "build", "-o", path, "./cmd/sandbox").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building: %w: %s", err, out)
	}
	return path, nil
})

// binaryDir is where binary built, if it did.
var binaryDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

// process is a running server program.
type process struct {
	*exec.Cmd
	t     *testing.T
	ready chan struct{} // closed when it says so, or ends
}

// launch starts the real program on dir without waiting for it.
func launch(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, ready: make(chan struct{}), Cmd: exec.Command(path, append([]string{
		"serve", "--data", dir, "--listen", "127.0.0.1:0", "--rpc-listen", "127.0.0.1:0", "--time-scale", "86400"}, args...)...)}
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	go func() {
		once := sync.OnceFunc(func() { close(p.ready) })
		defer once()
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if strings.Contains(lines.Text(), "sandbox ready") {
				once()
			}
		}
		_, _ = io.Copy(io.Discard, stderr)
	}()
	return p
}

func (p *process) kill(signal os.Signal) error {
	p.t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	<-p.ready
	return p.Wait()
}

// SANDBOX_KILLS sets how often the server is killed.
func TestKillLosesNothingAndRunsNothingTwice(t *testing.T) {
	dir := t.TempDir()
	hooks := newReceiver(t, 200)
	l := &ledger{acked: map[string]string{}, asked: map[string]int64{}, voted: map[string]bool{}}
	var head *chainHead
	var o others
	const workers = 3
	rounds := fromEnv(t, "SANDBOX_KILLS", 5)
	for round := range rounds {
		p := launch(t, dir, "--control-listen", "127.0.0.1:0")
		<-p.ready
		c := as(t, dir, "admin")
		if round == 0 {
			into[hook](t, c.post("/webhooks", map[string]any{"url": hooks.URL, "events": []string{"wallet.transfer.confirmed"}}), 200)
			l.gate(c)
			o.prepare(c)
		}
		head.check(t, dir)
		var load sync.WaitGroup
		for worker := range workers {
			load.Go(func() { l.pour(c, worker, round) })
		}
		load.Go(func() { l.pourGated(c, as(t, dir, "alice"), round) })
		load.Go(func() { o.pour(c, as(t, dir, "alice"), round) })
		before := l.size()
		eventually(t, "the load runs", func() bool { return l.size() >= before+25 })
		head = readHead(t, dir)
		_ = p.kill(syscall.SIGKILL)
		load.Wait()
	}
	p := launch(t, dir)
	<-p.ready
	head.check(t, dir)
	c := as(t, dir, "admin")
	direct := l.check(c, c.walletID, recipient)
	gated := l.check(c, l.gated, gatedRecipient)
	o.check(c)
	l.checkLog(c, as(t, dir, "alice"))
	eventually(t, "every confirmation is delivered", func() bool { return len(heard(hooks)) == direct+gated })
	t.Logf("%d direct and %d gated transfers confirmed, %d acknowledged, %d deliveries", direct, gated, len(l.acked), len(hooks.of("")))
	if err := p.kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

func TestKillDuringTheFirstStart(t *testing.T) {
	dir := t.TempDir()
	for i := range 8 {
		p := launch(t, dir)
		select { // not a guess: any moment of the start must be survived
		case <-p.ready:
		case <-time.After(time.Duration(20+i*25) * time.Millisecond):
		}
		_ = p.kill(syscall.SIGKILL)
	}
	p := launch(t, dir)
	<-p.ready
	e, err := sandbox.ReadEnv(dir, "admin")
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.Get(e.BaseURL + "/healthz"); err != nil || resp.StatusCode != 200 {
		t.Fatalf("healthz: %v %v", resp, err)
	}
	if n := len(into[list[entity]](t, as(t, dir, "bob").get("/wallets"), 200).Items); n != 1 {
		t.Errorf("%d wallets, want the treasury", n)
	}
}
