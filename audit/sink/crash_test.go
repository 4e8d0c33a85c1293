package sink_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/sink"
)

// TestMain lets the test binary be the sender that is killed.
func TestMain(m *testing.M) {
	if uri := os.Getenv("COUNTERSIGN_TEST_SINK"); uri != "" {
		if err := sendForEver(uri, os.Getenv("COUNTERSIGN_TEST_SINK_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// sendForEver is the whole of a sender process.
func sendForEver(uri, dir string) error {
	c, err := sink.ParseSink(uri)
	if err != nil {
		return err
	}
	s, err := sink.NewSender(c)
	if err != nil {
		return err
	}
	files := fileStore(dir)
	r := &sink.Runner{
		Log: files, Cursors: files, Sender: s, Product: product, Batch: batchSize(),
		MinWait: 5 * time.Millisecond, MaxWait: 50 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(os.Stdout, nil)),
	}
	fmt.Println("started")
	return r.Run(context.Background())
}

// batchSize leaves enough batches to be killed in.
func batchSize() int {
	if racing {
		return 50
	}
	return 500
}

// A fileStore keeps how long the log is, and the cursors, in files of a folder. A file is
// written beside, synced and renamed, so that a kill leaves the old or the new one.
type fileStore string

func (f fileStore) number(name string) (int64, error) {
	raw, err := os.ReadFile(filepath.Join(string(f), name))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(raw), 10, 64)
}

func (f fileStore) put(name string, n int64) error {
	path := filepath.Join(string(f), name)
	file, err := os.CreateTemp(string(f), name+".*")
	if err != nil {
		return err
	}
	_, err = file.WriteString(strconv.FormatInt(n, 10))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (f fileStore) Size(context.Context) (int64, error) { return f.number("size") }

func (f fileStore) Records(ctx context.Context, from int64, limit int) (es []audit.Entry, err error) {
	size, err := f.Size(ctx)
	for i := from; i < min(size, from+int64(limit)); i++ {
		es = append(es, record(i))
	}
	return es, err
}

func (f fileStore) WaitFor(ctx context.Context, index int64) error {
	for {
		size, err := f.Size(ctx)
		if err != nil || index < size {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (f fileStore) Cursor(_ context.Context, name string) (int64, error) {
	return f.number("cursor-" + name)
}

func (f fileStore) Advance(_ context.Context, name string, from, to int64) error {
	at, err := f.number("cursor-" + name)
	if err != nil {
		return err
	}
	if at != from {
		return fmt.Errorf("%s at %d: %w", name, at, sink.ErrCursorMoved)
	}
	return f.put("cursor-"+name, to)
}

// A process is a running sender and what it said.
type process struct {
	cmd   *exec.Cmd
	mu    sync.Mutex
	lines []string
}

func start(t *testing.T, uri, dir string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), "COUNTERSIGN_TEST_SINK="+uri, "COUNTERSIGN_TEST_SINK_DIR="+dir)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, lines.Text())
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	waitFor(t, "sender starts", func() bool { return p.said("started") > 0 })
	return p
}

func (p *process) said(what string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if strings.Contains(l, what) {
			n++
		}
	}
	return n
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // killed
}

// A port is an address where a receiver comes and goes.
type port struct {
	address string
	handler http.Handler
	server  *http.Server
}

func (p *port) open(t *testing.T) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.address = listener.Addr().String()
	p.server = &http.Server{Handler: p.handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(listener) }()
}

func (p *port) close() { _ = p.server.Close() }
