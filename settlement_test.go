package countersign_test

import (
	"errors"
	"strings"
	"testing"

	"countersign"
)

func TestAnInstructionIsChecked(t *testing.T) {
	good := func() countersign.Instruction {
		return countersign.Instruction{ExternalID: "pay-1", WalletID: "wa-1", Transfer: &countersign.Transfer{Kind: "Native", To: "0xabc", Amount: countersign.NewAmount(1)}}
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	exact := countersign.Instruction{ExternalID: "pay-1", WalletID: "wa-1", Call: &countersign.Call{MaxFeePerGas: countersign.NewAmount(2), MaxPriorityFeePerGas: countersign.NewAmount(2)}}
	tip := countersign.Instruction{ExternalID: "pay-1", WalletID: "wa-1", Call: &countersign.Call{MaxPriorityFeePerGas: countersign.NewAmount(2)}}
	if err := errors.Join(exact.Check(), tip.Check()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		spoil func(*countersign.Instruction)
		want  error
		names string
	}{
		"no external ID":             {func(i *countersign.Instruction) { i.ExternalID = "" }, countersign.ErrID, "external_id"},
		"51 characters":              {func(i *countersign.Instruction) { i.ExternalID = strings.Repeat("a", 51) }, countersign.ErrID, "at most 50"},
		"one of the custodian's own": {func(i *countersign.Instruction) { i.ExternalID = "xfr-1" }, countersign.ErrID, "custodian"},
		"a slash":                    {func(i *countersign.Instruction) { i.ExternalID = "a/b" }, countersign.ErrID, "external_id"},
		"no wallet":                  {func(i *countersign.Instruction) { i.WalletID = "" }, countersign.ErrID, "wallet_id"},
		"a bad network":              {func(i *countersign.Instruction) { i.Network = "a b" }, countersign.ErrInvalid, "network"},
		"nothing to do":              {func(i *countersign.Instruction) { i.Transfer = nil }, countersign.ErrInvalid, "either a transfer or a call"},
		"two things":                 {func(i *countersign.Instruction) { i.Call = &countersign.Call{} }, countersign.ErrInvalid, "either"},
		"no kind":                    {func(i *countersign.Instruction) { i.Transfer.Kind = "" }, countersign.ErrInvalid, "transfer.kind"},
		"nobody":                     {func(i *countersign.Instruction) { i.Transfer.To = "" }, countersign.ErrInvalid, "transfer.to"},
		"nothing":                    {func(i *countersign.Instruction) { i.Transfer.Amount = countersign.Amount{} }, countersign.ErrInvalid, "transfer.amount"},
		"two lines":                  {func(i *countersign.Instruction) { i.Purpose = "a\nb" }, countersign.ErrInvalid, "purpose"},
		"code for accounts":          {func(i *countersign.Instruction) { i.Transfer, i.Call = nil, &countersign.Call{SetsCode: true} }, countersign.ErrInvalid, "code"},
		"a tip above the whole price": {func(i *countersign.Instruction) {
			i.Transfer, i.Call = nil, &countersign.Call{MaxFeePerGas: countersign.NewAmount(1), MaxPriorityFeePerGas: countersign.NewAmount(2)}
		}, countersign.ErrInvalid, "call.max_priority_fee_per_gas"},
	} {
		i := good()
		tt.spoil(&i)
		if err := i.Check(); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.names) {
			t.Errorf("%s: %v, want %v with %q", name, err, tt.want, tt.names)
		}
	}
}

func TestWhatASettlementIsNamedAfter(t *testing.T) {
	for external, want := range map[string]string{
		"": "xfr-9", "pay-1": "pay-1", "a b": "xfr-9", "tx-1": "xfr-9", strings.Repeat("a", 51): "xfr-9", strings.Repeat("a", 50): strings.Repeat("a", 50),
	} {
		if got := countersign.SettlementID(external, "xfr-9"); got != want {
			t.Errorf("external ID %q: %q, want %q", external, got, want)
		}
	}
	for _, open := range []countersign.SettlementState{"", "opening", "submitting", "awaiting_approval", "executing", "broadcast", "included"} {
		if open.Ended() {
			t.Errorf("%q has ended", open)
		}
	}
	if !countersign.SettlementSettled.Ended() || !countersign.SettlementRefused.Ended() {
		t.Error("settled or refused has not ended")
	}
	ref := countersign.RequestRef{Kind: countersign.TransferRequest, WalletID: "wa-1", ID: "xfr-1"}
	if err := ref.Check(); err != nil {
		t.Error(err)
	}
	ref.Kind = "swap"
	if err := ref.Check(); !errors.Is(err, countersign.ErrInvalid) {
		t.Errorf("a swap: %v", err)
	}
}
