package anchor_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit/anchor"

	"pgregory.net/rapid"
)

// climb is what this test program does as another process: it moves an anchor on by one,
// again and again, and says each number once it is kept.
const climb = "COUNTERSIGN_TEST_ANCHOR_CLIMB"

func TestMain(m *testing.M) {
	if path := os.Getenv(climb); path != "" {
		climbing(path)
		return
	}
	os.Exit(m.Run())
}

// content is a checkpoint that fills more than a page, so that half of it would show.
func content(n int) []byte {
	return []byte(strconv.Itoa(n) + "\n" + strings.Repeat(strconv.Itoa(n%10), 9000) + "\n" + strconv.Itoa(n) + "\n")
}

// by marks content as a process's own.
func by(pid int, content []byte) []byte {
	return append(content, "by "+strconv.Itoa(pid)+"\n"...)
}

// number is the content's number, when it is whole.
func number(kept []byte) (int, error) {
	line, _, _ := bytes.Cut(kept, []byte("\n"))
	n, err := strconv.Atoi(string(line))
	whole, tail, _ := bytes.Cut(kept, []byte("by "))
	if err != nil || !bytes.Equal(whole, content(n)) || !bytes.HasSuffix(tail, []byte("\n")) {
		return 0, fmt.Errorf("%d bytes that are no whole checkpoint: %.20q…", len(kept), kept)
	}
	return n, nil
}

func climbing(path string) {
	ctx := context.Background()
	a, err := anchor.Open(ctx, "file:"+path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for range 100_000 { // the parent kills us long before
		kept, err := a.Load(ctx)
		n := 0
		if err == nil && kept != nil {
			n, err = number(kept)
		}
		if err == nil {
			err = a.Swap(ctx, kept, by(os.Getpid(), content(n+1)))
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n + 1)
	}
}

func open(tb testing.TB, uri string) anchor.Anchor {
	tb.Helper()
	a, err := anchor.Open(context.Background(), uri)
	if err != nil {
		tb.Fatalf("Open(%s): %v", uri, err)
	}
	return a
}

func TestAFileSurvivesTheDeathOfItsWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	last := 0
	for round := range 30 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), climb+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		heard := 0
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("round %d: the child says %q", round, lines.Text())
			}
			last = n
			if heard++; heard == 1+round%5 { // and then somewhere in the next ones
				go func() {
					time.Sleep(time.Duration(round*37%1000) * time.Microsecond)
					_ = child.Process.Kill()
				}()
			}
		}
		_ = child.Wait() // killed
		kept, err := open(t, "file:"+path).Load(context.Background())
		if err != nil {
			t.Fatalf("round %d: Load: %v", round, err)
		}
		n, err := number(kept)
		if err != nil || (n != last && n != last+1) {
			t.Fatalf("round %d: %d is kept, want %d, which was acknowledged, or the next: %v", round, n, last, err)
		}
	}
}

func TestOfManyWritersOneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	race(t, func() anchor.Anchor { return open(t, "file:"+path) })
}

// race lets writers through anchors of their own swap the same old content: one may win.
func race(t *testing.T, another func() anchor.Anchor) {
	t.Helper()
	ctx := context.Background()
	var old []byte
	for round := range 20 {
		const writers = 8
		results := make([]error, writers)
		anchors := make([]anchor.Anchor, writers)
		for i := range anchors {
			anchors[i] = another()
		}
		var wg sync.WaitGroup
		for i, a := range anchors {
			wg.Go(func() { results[i] = a.Swap(ctx, old, content(round*writers+i)) })
		}
		wg.Wait()
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("round %d: writers %d and %d both won", round, winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, anchor.ErrMoved):
				t.Fatalf("round %d: Swap = %v, want ErrMoved", round, err)
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		kept, err := another().Load(ctx)
		if err != nil || !bytes.Equal(kept, content(round*writers+winner)) {
			t.Fatalf("round %d: Load is not what writer %d wrote: %v", round, winner, err)
		}
		old = kept
	}
}

func TestTwoProcessesRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	var wg sync.WaitGroup
	won := make([]map[int]bool, 2)
	for i := range won {
		won[i] = map[int]bool{}
		wg.Go(func() {
			// A process ends when the other was faster; then the next one goes on.
			for range 8 {
				child := exec.Command(os.Args[0])
				child.Env = append(os.Environ(), climb+"="+path)
				out, err := child.StdoutPipe()
				if err != nil || child.Start() != nil {
					t.Errorf("start: %v", err)
					return
				}
				lines := bufio.NewScanner(out)
				for heard := 0; lines.Scan(); heard++ {
					n, err := strconv.Atoi(lines.Text())
					if err != nil { // the loser's last words
						if !strings.Contains(lines.Text(), anchor.ErrMoved.Error()) {
							t.Errorf("the child says %q, want ErrMoved", lines.Text())
						}
						break
					}
					won[i][n] = true
					if heard == 40 {
						break
					}
				}
				_ = child.Process.Kill()
				for lines.Scan() {
					if n, err := strconv.Atoi(lines.Text()); err == nil {
						won[i][n] = true
					}
				}
				_ = child.Wait()
			}
		})
	}
	wg.Wait()
	for n := range won[0] {
		if won[1][n] {
			t.Errorf("both processes were told that %d is theirs", n)
		}
	}
	if len(won[0]) == 0 || len(won[1]) == 0 {
		t.Errorf("%d and %d swaps, want some of each", len(won[0]), len(won[1]))
	}
}

// anchored is what every anchor does, whatever it is made of.
func anchored(t *testing.T, another func(*rapid.T) anchor.Anchor) {
	t.Helper()
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		a := another(rt)
		var kept []byte
		rt.Repeat(map[string]func(*rapid.T){
			"swap": func(rt *rapid.T) {
				old := rapid.SampledFrom([][]byte{kept, nil, content(1), content(2)}).Draw(rt, "old")
				new := content(rapid.IntRange(0, 4).Draw(rt, "new"))
				err := a.Swap(ctx, old, new)
				switch {
				case bytes.Equal(kept, new) || bytes.Equal(kept, old):
					if err != nil {
						rt.Fatalf("Swap = %v", err)
					}
					kept = new
				case !errors.Is(err, anchor.ErrMoved):
					rt.Fatalf("Swap of something else = %v, want ErrMoved", err)
				}
			},
			"": func(rt *rapid.T) {
				got, err := a.Load(ctx)
				if err != nil || !bytes.Equal(got, kept) || (got == nil) != (kept == nil) {
					rt.Fatalf("Load = %.20q, %v, want %.20q", got, err, kept)
				}
			},
		})
	})
}

func TestAFileIsAnAnchor(t *testing.T) {
	n := 0
	dir := t.TempDir()
	anchored(t, func(*rapid.T) anchor.Anchor {
		n++
		return open(t, fmt.Sprintf("file:%s/%d", dir, n))
	})
}

func TestWhatNoAnchorWroteIsNotNothing(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "volume")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "checkpoint")
	a := open(t, "file:"+path)
	for name, text := range map[string]string{"an empty file": "", "a file without end": strings.Repeat("x", 300<<10)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if kept, err := a.Load(ctx); !errors.Is(err, anchor.ErrStore) {
			t.Errorf("%s: Load = %.20q, %v, want ErrStore", name, kept, err)
		}
		if err := a.Swap(ctx, nil, content(1)); !errors.Is(err, anchor.ErrStore) {
			t.Errorf("%s: Swap = %v, want ErrStore", name, err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if kept, err := a.Load(ctx); !errors.Is(err, anchor.ErrStore) {
		t.Errorf("a volume that went away: Load = %.20q, %v, want ErrStore", kept, err)
	}
	if err := a.Swap(ctx, nil, content(1)); !errors.Is(err, anchor.ErrStore) {
		t.Errorf("a volume that went away: Swap = %v, want ErrStore", err)
	}
}

func TestAnAnchorIsNeverEmptied(t *testing.T) {
	a := open(t, "file:"+filepath.Join(t.TempDir(), "checkpoint"))
	for name, new := range map[string][]byte{"nothing": nil, "no bytes": {}, "too much": make([]byte, 300<<10)} {
		if err := a.Swap(context.Background(), nil, new); !errors.Is(err, anchor.ErrStore) {
			t.Errorf("%s: Swap = %v, want ErrStore", name, err)
		}
	}
	if kept, err := a.Load(context.Background()); kept != nil || err != nil {
		t.Errorf("Load = %q, %v, want nothing", kept, err)
	}
}

func TestAWrongURINamesNoAnchor(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct{ uri, want string }{
		"nothing":                   {"", "file:/path or s3://bucket/key"},
		"another kind":              {"gs://bucket/key", "file:/path or s3://bucket/key"},
		"a relative file":           {"file:checkpoint", "whole path"},
		"a directory":               {"file:" + dir, "no plain file"},
		"a directory by its slash":  {"file:" + dir + "/", "whole path"},
		"a file on a host":          {"file://host/checkpoint", "names a host"},
		"a directory not there":     {"file:" + dir + "/none/checkpoint", "is its volume mounted"},
		"S3: no key":                {"s3://bucket?region=r", "no object"},
		"S3: no bucket":             {"s3:///key?region=r", "no object"},
		"S3: a folder":              {"s3://bucket/key/?region=r", "no object"},
		"S3: no region":             {"s3://bucket/key", "region is missing"},
		"S3: a password":            {"s3://u:hunter2@bucket/key?region=r", "from the environment"},
		"S3: a secret":              {"s3://bucket/key?region=r&secret=hunter2", "from the environment"},
		"S3: an endpoint's scheme":  {"s3://bucket/key?endpoint=https://h", "without https://"},
		"S3: in the clear":          {"s3://bucket/key?endpoint=s3.example&insecure=true", "on this machine"},
		"S3: insecure, perhaps":     {"s3://bucket/key?endpoint=s3.example&insecure=yes", "true or false"},
		"S3: a bucket without form": {"s3://B_/key?endpoint=127.0.0.1:1&insecure=true", "Bucket name"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := anchor.Open(context.Background(), tt.uri)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Open = %v, %v, want an error that says %q", a, err, tt.want)
			}
		})
	}
}
