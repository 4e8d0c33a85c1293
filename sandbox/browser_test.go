package sandbox_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium, spoken to over a pipe in its DevTools protocol.
type browser struct {
	t       *testing.T
	in      *os.File
	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
	heard   []reply // events so far
}

type reply struct {
	ID        int
	SessionID string
	Method    string
	Params    json.RawMessage
	Result    json.RawMessage
	Error     *struct{ Message string }
}

// newBrowser starts one, or skips the test where there is none and that may be.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
			t.Fatal("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: no chromium: install the Debian package chromium")
		}
		t.Skip("no chromium: install the Debian package chromium")
	}
	read, in, err1 := os.Pipe()
	out, write, err2 := os.Pipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	dir, err := os.MkdirTemp("", "sandbox-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir="+dir, "about:blank")
	cmd.ExtraFiles = []*os.File{read, write}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = read.Close()
	_ = write.Close()
	b := &browser{t: t, in: in, waiting: map[int]chan reply{}}
	listening := make(chan struct{})
	go func() { defer close(listening); b.listen(bufio.NewReader(out)) }()
	t.Cleanup(func() {
		_ = b.in.Close() // which ends it
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		_ = out.Close()
		<-listening
		_ = os.RemoveAll(dir)
	})
	return b
}

func (b *browser) listen(from *bufio.Reader) {
	for {
		text, err := from.ReadBytes(0)
		if err != nil {
			return
		}
		var r reply
		if json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &r) != nil {
			continue
		}
		b.mu.Lock()
		if r.ID == 0 {
			b.heard = append(b.heard, r)
		} else if to := b.waiting[r.ID]; to != nil {
			to <- r
		}
		b.mu.Unlock()
	}
}

// ask makes one call, and reads its result into out.
func (b *browser) ask(session, method string, params map[string]any, out any) {
	b.t.Helper()
	b.mu.Lock()
	b.last++
	id, to := b.last, make(chan reply, 1)
	b.waiting[id] = to
	b.mu.Unlock()
	call := map[string]any{"id": id, "method": method}
	if params != nil {
		call["params"] = params
	}
	if session != "" {
		call["sessionId"] = session
	}
	if _, err := b.in.Write(append(encode(b.t, call), 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	select {
	case r := <-to:
		if r.Error != nil {
			b.t.Fatalf("%s: %s", method, r.Error.Message)
		}
		if out != nil && json.Unmarshal(r.Result, out) != nil {
			b.t.Fatalf("%s answered %s", method, r.Result)
		}
	case <-time.After(60 * time.Second):
		b.t.Fatalf("%s: no answer from chromium", method)
	}
}

// tab is a page of a browser, in a context of its own.
type tab struct {
	*browser
	session string
}

// open opens an address in a new tab.
func (b *browser) open(url string) tab {
	b.t.Helper()
	var context struct{ BrowserContextID string }
	b.ask("", "Target.createBrowserContext", nil, &context)
	var target struct{ TargetID string }
	b.ask("", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": context.BrowserContextID, "width": 1100, "height": 900}, &target)
	var attached struct{ SessionID string }
	b.ask("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := tab{b, attached.SessionID}
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.ask(p.session, domain+".enable", nil, nil)
	}
	b.ask(p.session, "Page.navigate", map[string]any{"url": url}, nil)
	return p
}

// try evaluates an expression, a promise too, and reads its value into out.
func (p tab) try(expression string, out any) (exception json.RawMessage) {
	p.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	p.ask(p.session, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &got)
	if out != nil && got.ExceptionDetails == nil && json.Unmarshal(got.Result.Value, out) != nil {
		p.t.Fatalf("%s is %s", expression, got.Result.Value)
	}
	return got.ExceptionDetails
}

// run is try where an exception fails the test.
func (p tab) run(expression string, out any) {
	p.t.Helper()
	if exception := p.try(expression, out); exception != nil {
		p.t.Fatalf("%s: %s", expression, exception)
	}
}

// until waits until an expression is true. One that throws is not: its elements may not be there yet.
func (p tab) until(expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := false
		exception := p.try("Boolean("+expression+")", &got)
		if got && exception == nil {
			return
		}
		if time.Now().After(deadline) {
			var text string
			p.run("document.body.innerText", &text)
			p.t.Fatalf("never true: %s %s; the page says:\n%s", expression, exception, text)
		}
	}
}

// text is what an element shows.
func (p tab) text(selector string) (text string) {
	p.t.Helper()
	p.run("document.querySelector("+string(encode(p.t, quoted(selector)))+").innerText", &text)
	return text
}

// quoted keeps encode from taking a string for a body.
type quoted string

// press focuses an element and presses Enter on it, as somebody without a mouse does.
func (p tab) press(selector string) {
	p.t.Helper()
	p.until("document.querySelector(" + string(encode(p.t, quoted(selector))) + ")")
	p.run("document.querySelector("+string(encode(p.t, quoted(selector)))+").focus()", nil)
	for _, kind := range []string{"keyDown", "keyUp"} {
		p.ask(p.session, "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}, nil)
	}
}

// events are those of the tab with that name.
func (p tab) events(method string) (found []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.heard {
		if r.SessionID == p.session && r.Method == method {
			found = append(found, string(r.Params))
		}
	}
	return found
}

// requests are the URLs that the tab asked for.
func (p tab) requests() (urls []string) {
	for _, text := range p.events("Network.requestWillBeSent") {
		var e struct {
			Request struct{ URL, PostData string }
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			p.t.Fatal(err)
		}
		urls = append(urls, e.Request.URL)
	}
	return urls
}

// shoot keeps a picture where SANDBOX_SHOTS names a directory.
func (p tab) shoot(name, scheme string) {
	p.t.Helper()
	dir := os.Getenv("SANDBOX_SHOTS")
	if dir == "" {
		return
	}
	p.ask(p.session, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	var shot struct{ Data string }
	p.ask(p.session, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	raw, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(strings.TrimRight(dir, "/")+"/"+name+"-"+scheme+".png", raw, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
