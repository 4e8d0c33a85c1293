package sandbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// listener is a running `sandbox listen`.
type listener struct {
	*exec.Cmd
	t            *testing.T
	hook, secret string
	stdout       io.ReadCloser
	mu           sync.Mutex
	shown, notes []string // lines of stdout and stderr so far
	read         sync.WaitGroup
}

// listen starts the program and waits until its webhook is there.
func (w *world) listen(args ...string) *listener {
	w.t.Helper()
	l := &listener{t: w.t, Cmd: exec.Command(must(binary()), append([]string{"listen", "--dir", w.dir}, args...)...)}
	stdout, err1 := l.StdoutPipe()
	stderr, err2 := l.StderrPipe()
	if err1 != nil || err2 != nil || l.Start() != nil {
		w.t.Fatalf("starting: %v %v", err1, err2)
	}
	l.stdout = stdout
	w.t.Cleanup(func() { _ = l.Process.Kill() })
	l.collect(stdout, &l.shown)
	l.collect(stderr, &l.notes)
	words := regexp.MustCompile(`webhook (wh-\S+) of [\s\S]*its secret is (\S+);`)
	eventually(w.t, "the listener is ready", func() bool {
		m := words.FindStringSubmatch(strings.Join(l.lines(&l.notes), "\n"))
		if m == nil {
			return false
		}
		l.hook, l.secret = m[1], m[2]
		return true
	})
	return l
}

func (l *listener) collect(from io.Reader, into *[]string) {
	l.read.Go(func() {
		lines := bufio.NewScanner(from)
		for lines.Buffer(nil, 8<<20); lines.Scan(); {
			l.mu.Lock()
			*into = append(*into, lines.Text())
			l.mu.Unlock()
		}
	})
}

func (l *listener) lines(of *[]string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, *of...)
}

// line waits for a line of stdout with all of the texts.
func (l *listener) line(texts ...string) (found string) {
	l.t.Helper()
	eventually(l.t, "a line with "+strings.Join(texts, ", "), func() bool {
		for _, line := range l.lines(&l.shown) {
			has := true
			for _, text := range texts {
				has = has && strings.Contains(line, text)
			}
			if has {
				found = line
				return true
			}
		}
		return false
	})
	return found
}

// end sends a signal, and wants the program to end well.
func (l *listener) end(signal syscall.Signal) {
	l.t.Helper()
	if err := l.Process.Signal(signal); err != nil {
		l.t.Fatal(err)
	}
	l.read.Wait()
	if err := l.Wait(); err != nil {
		l.t.Errorf("%v: %v %v", signal, err, l.notes)
	}
}

func (w *world) hooks() (ids []string) {
	w.t.Helper()
	for _, h := range into[list[hook]](w.t, w.admin.get("/webhooks"), 200).Items {
		ids = append(ids, h.ID)
	}
	return ids
}

// shownDelivery is what `sandbox listen --json` prints.
type shownDelivery struct {
	ID, Kind, Entity, RetryOf, Signature, SignatureHeader string
	Attempt, Answered                                     int
	Forwarded                                             struct {
		URL, Error string
		Status     int
	}
	Body json.RawMessage
}

func TestListenForwardsWhatComes(t *testing.T) {
	w := newWorld(t, 86400)
	r := newReceiver(t, 200)
	l := w.listen("--forward", r.URL+"/hooks?x=1", "--as", "alice", "--events", "wallet.transfer.requested,wallet.transfer.confirmed", "--json")
	paid := w.pay(w.admin, "5")
	var got shownDelivery
	if err := json.Unmarshal([]byte(l.line(`"wallet.transfer.confirmed"`, paid.ID)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Signature != "valid" || got.Answered != 200 || got.Forwarded.Status != 200 || got.Entity != paid.ID || got.Attempt != 1 {
		t.Errorf("shown = %+v", got)
	}
	passed := r.of("wallet.transfer.confirmed")
	if len(passed) != 1 || !bytes.Equal(passed[0].raw, got.Body) || !signedBy(hook{Secret: l.secret}, passed[0]) || passed[0].signature != got.SignatureHeader {
		t.Errorf("passed on = %+v, shown %s", passed, got.Body)
	}
	var event storedEvent
	eventually(t, "the delivery is recorded", func() bool {
		found := w.events(hook{ID: l.hook}, "kind=wallet.transfer.confirmed")
		if len(found) == 1 {
			event = found[0]
		}
		return len(found) == 1
	})
	if event.Status != "200" || event.ID != got.ID {
		t.Errorf("recorded = %+v", event)
	}
	if n := len(r.of("wallet.transfer.broadcasted")); n != 0 {
		t.Errorf("%d deliveries of a kind that was not asked for", n)
	}

	r.mu.Lock()
	r.status = 500
	r.mu.Unlock()
	second := w.pay(w.admin, "6")
	l.line(second.ID, `"attempt":2`, `"answered":500`)
	r.mu.Lock()
	r.status = 200
	r.mu.Unlock()
	l.end(syscall.SIGTERM)
	if left := w.hooks(); len(left) != 0 {
		t.Errorf("webhooks left: %v", left)
	}
}

func TestListenAnswersForWhoDoesNot(t *testing.T) {
	w := newWorld(t, 1)
	followed := newReceiver(t, 200)
	moved := httptest.NewServer(http.RedirectHandler(followed.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	refusing := w.listen("--forward", gone.URL, "--events", "wallet.transfer.requested")
	moving := w.listen("--forward", moved.URL, "--events", "wallet.transfer.requested")
	plain := w.listen("--events", "wallet.transfer.requested")
	paid := w.pay(w.admin, "5")
	refusing.line(paid.ID, "signature valid, not forwarded, answered 502", "refused")
	moving.line(paid.ID, "forwarded, answered 307")
	if line := plain.line(paid.ID, "signature valid"); strings.Contains(line, "forward") {
		t.Errorf("line = %s", line)
	}
	for l, status := range map[*listener]string{refusing: "502", moving: "307", plain: "200"} {
		eventually(t, "the platform is told "+status, func() bool {
			found := w.events(hook{ID: l.hook}, "")
			return len(found) == 1 && found[0].Status == status && found[0].DeliveryFailed == (status != "200")
		})
	}
	if n := len(followed.of("")); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

func TestListenTellsWrongSignatures(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	l := w.listen("--forward", r.URL)
	w.script("rules: [{kind: corrupt, event: wallet.transfer.requested, what: signature, count: 1}]")
	paid := w.pay(w.admin, "5")
	l.line(paid.ID, "wallet.transfer.requested", "SIGNATURE WRONG, forwarded, answered 200")
	l.line(paid.ID, "wallet.transfer.confirmed", "signature valid")
	if got := r.of("wallet.transfer.requested"); len(got) != 1 || signedBy(hook{Secret: l.secret}, got[0]) {
		t.Errorf("passed on = %+v", got)
	}
	l.end(syscall.SIGHUP)
	l = w.listen("--json")
	address := into[list[hook]](t, w.admin.get("/webhooks"), 200).Items[0].URL
	for url, status := range map[string]int{address: 200, address + "x": 404} {
		resp, err := http.Post(url, "application/json", strings.NewReader("{no JSON"))
		if err != nil || resp.StatusCode != status {
			t.Fatalf("POST %s: %v %v, want %d", url, resp, err, status)
		}
		_ = resp.Body.Close()
	}
	l.line(`"kind":""`, `"signature":"missing"`, `"answered":200`, `"body":"{no JSON"`)
}

func TestListenTidiesUp(t *testing.T) {
	w := newWorld(t, 1)
	other := w.subscribe(newReceiver(t, 200), "*")
	killed, running := w.listen(), w.listen()
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.read.Wait()
	_ = killed.Wait()
	next := w.listen()
	if notes := strings.Join(next.lines(&next.notes), "\n"); !strings.Contains(notes, "deleted webhook "+killed.hook) || strings.Contains(notes, "deleted webhook "+running.hook) {
		t.Errorf("notes = %s", notes)
	}
	if got := w.hooks(); len(got) != 3 || got[0] != other.ID || got[1] != running.hook || got[2] != next.hook {
		t.Errorf("webhooks = %v, want %s, %s and %s", got, other.ID, running.hook, next.hook)
	}
	running.end(syscall.SIGINT)

	_ = next.stdout.Close() // as head does
	w.pay(w.admin, "5")
	eventually(t, "nobody reads, so the webhook is deleted", func() bool { return len(w.hooks()) == 1 })
	next.read.Wait()
	if err := next.Wait(); err == nil {
		t.Error("a listener that cannot show anything ended well")
	}
}

func TestListenWronglyUsed(t *testing.T) {
	w := newWorld(t, 1)
	fails(t, []string{"never served", "sandbox serve"}, "listen", "--dir", t.TempDir())
	fails(t, []string{"--as", "mallory", "admin, alice and bob"}, "listen", "--data", w.dir, "--as", "mallory")
	fails(t, []string{"--forward", `"localhost:80"`, "http://"}, "listen", "--dir", w.dir, "--forward", "localhost:80")
	fails(t, []string{"events", `wallet.moved\" is not an event kind`}, "listen", "--dir", w.dir, "--events", "wallet.moved")
	fails(t, []string{"unknown command"}, "listen", "now", "--dir", w.dir)
	if left := w.hooks(); len(left) != 0 {
		t.Errorf("wrong uses made webhooks: %v", left)
	}
	for range 5 {
		w.subscribe(newReceiver(t, 200), "*")
	}
	fails(t, []string{"at most 5 webhooks"}, "listen", "--dir", w.dir)
}
