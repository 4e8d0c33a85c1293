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

// lost is what it says when another process was faster.
const lost = "moved"

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
		if errors.Is(err, anchor.ErrMoved) {
			fmt.Println(lost)
			continue
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

func TestTwoProcessesRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	const wins = 60
	won := make([]map[int]bool, 2)
	moved := make([]int, 2)
	var wg sync.WaitGroup
	for i := range won {
		won[i] = map[int]bool{}
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), climb+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for lines := bufio.NewScanner(out); lines.Scan(); {
				n, err := strconv.Atoi(lines.Text())
				switch {
				case err == nil:
					won[i][n] = true
				case lines.Text() == lost:
					moved[i]++
				default:
					t.Errorf("child %d says %q", i, lines.Text())
				}
				if len(won[i]) == wins {
					_ = child.Process.Kill()
				}
			}
			_ = child.Wait() // killed
		})
	}
	wg.Wait()
	for n := range won[0] {
		if won[1][n] {
			t.Errorf("both processes were told that %d is theirs", n)
		}
	}
	if len(won[0]) < wins || len(won[1]) < wins {
		t.Errorf("%d and %d swaps, want %d of each", len(won[0]), len(won[1]), wins)
	}
	t.Logf("lost to the other: %d and %d", moved[0], moved[1])
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
