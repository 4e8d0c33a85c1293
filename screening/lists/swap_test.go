package lists_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/screening"
	"countersign/screening/lists"
)

// Readers see one list or the other: of these two addresses exactly one is always
// listed, and the finding's digest says by which list.
func TestReadersSeeOneListWhileItIsSwapped(t *testing.T) {
	c := &clock{noon}
	first, second := evm+"\n", bitcoin+"\n"
	s, path := plain(t, c, first)
	refresh(t, s, true)
	digest := map[string]string{s.Lists()[0].Digest: evm}
	write(t, path, second, noon)
	refresh(t, s, true)
	digest[s.Lists()[0].Digest] = bitcoin
	queries := []screening.Query{{Address: evm}, {Address: bitcoin}}

	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				found, err := s.Screen(t.Context(), queries)
				if err != nil || len(found) != 2 || found[0].ListDigest != found[1].ListDigest {
					t.Errorf("half of two lists: %+v, %v", found, err)
					return
				}
				for _, f := range found {
					if (f.Verdict == screening.Hit) != (digest[f.ListDigest] == f.Address) {
						t.Errorf("%+v is not what its list says", f)
						return
					}
				}
				_ = s.Lists()
			}
		})
	}
	for i := range 50 {
		write(t, path, []string{first, second}[i%2], noon)
		refresh(t, s, true)
	}
	close(stop)
	readers.Wait()
}

// Ten addresses, as of one batch, against a list of ten thousand.
func BenchmarkScreen(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "0x%040x\n", i*7919)
	}
	path := filepath.Join(b.TempDir(), "list")
	write(b, path, text.String(), noon)
	s, err := lists.New(lists.Config{Name: "bench", Format: lists.Text, Places: []string{path}, MaxAge: 1 << 62, Now: (&clock{noon}).now})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	queries := make([]screening.Query, 10)
	for i := range queries {
		queries[i] = screening.Query{Network: "Ethereum", Address: fmt.Sprintf("0x%040x", 1+i*7919*999)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if found, err := s.Screen(b.Context(), queries); err != nil || len(found) != len(queries) {
			b.Fatal(found, err)
		}
	}
	b.ReportMetric(float64(len(queries))*float64(b.N)/b.Elapsed().Seconds(), "lookups/s")
}
