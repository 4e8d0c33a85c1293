package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/audit/tree"
	"countersign/store"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dsn := os.Getenv("COUNTERSIGN_TEST_APPEND_TO"); dsn != "" {
		appendForEver(dsn, os.Getenv("COUNTERSIGN_TEST_ROUND"))
	}
	os.Exit(m.Run())
}

// crashLog is the log of [theLog], for a process without a test.
func crashLog() *store.Log {
	key, err := tree.NewKey("trail.test", keyOf("log"))
	if err != nil {
		panic(err)
	}
	return &store.Log{Keys: []*tree.Key{key}}
}

// appendForEver decides one thing after the other and says so once it is kept.
func appendForEver(dsn, round string) {
	db, err := store.Open(context.Background(), dsn)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := db.SignWith(context.Background(), crashLog()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tr := trailOn(db, "us")
	writers, _ := strconv.Atoi(os.Getenv("COUNTERSIGN_TEST_WRITERS"))
	for w := range max(writers, 1) {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("k/%s/%d/%d", round, w, i)
				if _, err := decide(context.Background(), tr, key, claim(1, 1<<40)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				os.Stdout.WriteString(key + "\n") // one write: no half line
			}
		}()
	}
	select {}
}

// TestKilledWriterLosesNothingAcknowledged kills a writing process with kill -9,
// again and again on one database.
func TestKilledWriterLosesNothingAcknowledged(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		desk(t, dsn, "us") // enrolled before it writes
		var acknowledged []string
		for round := range 6 {
			acknowledged = append(acknowledged, killAfter(t, dsn, fmt.Sprint(round), 5+7*round)...)
		}
		tr := desk(t, dsn, "us")
		for _, key := range acknowledged {
			if _, err := tr.Find(t.Context(), key); err != nil {
				t.Errorf("%s was acknowledged: %v", key, err)
			}
		}
		n := verified(t, tr)
		if n < int64(len(acknowledged)) {
			t.Errorf("%d records, %d were acknowledged", n, len(acknowledged))
		}
		// Record and reservation are one transaction: neither without the other.
		if got := taken(t, tr, time.Time{}); got != fmt.Sprint(n) {
			t.Errorf("the pot holds %s, want one for each of %d records", got, n)
		}
	})
}

// killAfter runs a writer until it has acknowledged so many, and kills it.
func killAfter(t *testing.T, dsn, round string, acks int) (keys []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "COUNTERSIGN_TEST_APPEND_TO="+dsn, "COUNTERSIGN_TEST_ROUND="+round)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for len(keys) < acks && lines.Scan() {
		keys = append(keys, lines.Text())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it said before it died counts too
		if strings.HasPrefix(lines.Text(), "k/") {
			keys = append(keys, lines.Text())
		}
	}
	_ = cmd.Wait() // killed
	if len(keys) < acks {
		t.Fatalf("the writer ended after %d of %d", len(keys), acks)
	}
	return keys
}

func TestProcessesMayOpenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		errs := make(chan error, 6)
		for range cap(errs) {
			go func() {
				db, err := store.Open(t.Context(), dsn)
				if err == nil {
					err = db.Close()
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}
