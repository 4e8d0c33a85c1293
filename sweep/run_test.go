package sweep_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"countersign"
	"countersign/sweep"
)

func TestAnExternalIDIsForOneMoveOfOneWindow(t *testing.T) {
	run := stage().run
	first := sweep.ExternalID(run, sweep.ToTreasury, "wa-01", coin)
	// Wire format: it is what a second run of the window has to come to, in whatever version.
	if want := "sweep-y75ehe5ladiyqeb2bidacbhfmgjlqyx3"; first != want {
		t.Errorf("it is %s, want %s", first, want)
	}
	if err := countersign.CheckExternalID(first); err != nil {
		t.Error(err)
	}
	local, later, other := run, run, run
	local.Due = run.Due.In(time.FixedZone("CET", 3600))
	if local.Order.MaxGasPrice = n(1); sweep.ExternalID(local, sweep.ToTreasury, "wa-01", coin) != first {
		t.Error("the same window has two IDs")
	}
	later.Due = run.Due.Add(time.Second)
	other.Order.Sweep = "nightly-2"
	seen := map[string]bool{first: true}
	for _, id := range []string{
		sweep.ExternalID(later, sweep.ToTreasury, "wa-01", coin), sweep.ExternalID(other, sweep.ToTreasury, "wa-01", coin),
		sweep.ExternalID(run, sweep.GasTopUp, "wa-01", coin), sweep.ExternalID(run, sweep.ToTreasury, "wa-02", coin), sweep.ExternalID(run, sweep.ToTreasury, "wa-01", ""),
	} {
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
	}
}

func TestHowMovesAreAskedFor(t *testing.T) {
	s := stage(holding(1, 1_000_000, 0, 0), holding(2, 0, 7, 0))
	p, err := sweep.Make(s.run, s.snap)
	if err != nil || len(p.TopUps) != 1 || len(p.Moves) != 2 {
		t.Fatalf("%s, %v", tell(p), err)
	}
	head := sweep.Plan{Run: p.Run, Price: p.Price} // all that is read of it
	for i, want := range []string{
		`{"external_id":"` + p.TopUps[0].ExternalID + `","wallet_id":"st-1","network":"EthereumSepolia","call":{"to":"0x0000000000000000000000000000000000000102","value":"600000","data":null,"gas_limit":"21000","max_fee_per_gas":"10","max_priority_fee_per_gas":"10"},"purpose":"sweep/nightly/2026-11-29T17:30:00Z: gas for moving its tokens","covered":true}`,
		`{"external_id":"` + p.Moves[0].ExternalID + `","wallet_id":"wa-01","network":"EthereumSepolia","call":{"to":"` + safe + `","value":"790000","data":null,"gas_limit":"21000","max_fee_per_gas":"10","max_priority_fee_per_gas":"10"},"purpose":"sweep/nightly/2026-11-29T17:30:00Z: what is above the floor, to the treasury","covered":true}`,
		`{"external_id":"` + p.Moves[1].ExternalID + `","wallet_id":"wa-02","network":"EthereumSepolia","transfer":{"kind":"Erc20","asset":"` + coin + `","to":"` + safe + `","amount":"7"},"purpose":"sweep/nightly/2026-11-29T17:30:00Z: what is above the floor, to the treasury","covered":true}`,
	} {
		in := head.Instruction(p.All()[i])
		got, err := json.Marshal(in)
		if err = errors.Join(err, in.Check()); err != nil || string(got) != want {
			t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
		}
	}
}
