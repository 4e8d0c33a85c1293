package sweep_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"countersign/sweep"
)

// FuzzParse holds that an order that is taken is written and read again as the same one, and
// is fit to be planned.
func FuzzParse(f *testing.F) {
	f.Add([]byte(order))
	f.Add([]byte(`{"sweep":"a","network":"Base","tag":"t","treasury":"w","max_gas_price":"1","assets":[{}],"concurrency":200,"approval":true}`))
	f.Add([]byte(`{"sweep":"a","Sweep":"b"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := sweep.Parse(text)
		if err != nil {
			return
		}
		if o.Window() < 1 || o.Window() > sweep.MaxConcurrency || o.Patience() <= 0 {
			t.Errorf("%d at once for %s", o.Window(), o.Patience())
		}
		written, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sweep.Parse(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		rewritten, err := json.Marshal(again)
		if err != nil || !reflect.DeepEqual(rewritten, written) {
			t.Errorf("read %s, written %s (%v)", written, rewritten, err)
		}
	})
}

// BenchmarkMake plans a run of 10,000 wallets: half need gas for two tokens.
func BenchmarkMake(b *testing.B) {
	var wallets []sweep.Holding
	for i := range 10_000 {
		wallets = append(wallets, holding(i, uint64(i%2)*2_000_000, 7, 8))
	}
	s := stage(wallets...)
	s.snap.Station.Native = n(1 << 62)
	b.ReportAllocs()
	for b.Loop() {
		p, err := sweep.Make(s.run, s.snap)
		if err != nil || len(p.Moves) != 25_000 || len(p.TopUps) != 5_000 {
			b.Fatalf("%d moves, %d top-ups, %v", len(p.Moves), len(p.TopUps), err)
		}
	}
}
