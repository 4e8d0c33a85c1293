package rules_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"

	geth "github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

const (
	safe      = "0x3333333333333333333333333333333333333333"
	multisend = "0x4444444444444444444444444444444444444444"
	stranger  = "0x5555555555555555555555555555555555555555"

	execSig  = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
	multiSig = "multiSend(bytes)"
	mintSig  = "mint(address,uint256)"
)

// pack encodes a call with go-ethereum's encoder, which shares nothing with our
// reader.
func pack(t *testing.T, signature string, args ...any) []byte {
	t.Helper()
	s, err := geth.ParseSelector(signature)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{s})
	if err != nil {
		t.Fatal(err)
	}
	a, err := geth.JSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	data, err := a.Pack(s.Name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// record is one call of a MultiSend.
func record(operation byte, to string, value int64, data []byte) []byte {
	out := append([]byte{operation}, common.HexToAddress(to).Bytes()...)
	out = append(out, common.LeftPadBytes(big.NewInt(value).Bytes(), 32)...)
	out = append(out, common.LeftPadBytes(big.NewInt(int64(len(data))).Bytes(), 32)...)
	return append(out, data...)
}

// batch is a Safe that delegate-calls a MultiSend of some records.
func batch(t *testing.T, records ...[]byte) countersign.Approval {
	inner := pack(t, multiSig, bytes.Join(records, nil))
	zero, nobody := new(big.Int), common.Address{}
	return call(safe, pack(t, execSig, common.HexToAddress(multisend), zero, inner, uint8(1), zero, zero, zero, nobody, nobody, []byte{}))
}

// safeBook is book with a Safe and a MultiSend in front of the token.
func safeBook(token rules.Rule, wrapper rules.Rule, named risk.Set) *rules.Book {
	b := book(token)
	b.Contracts = append(b.Contracts,
		rules.Contract{Network: net, Address: safe, Name: "Treasury", ABI: calldata.MustABI(execSig),
			Functions: map[string]rules.Rule{execSig: wrapper}, Risks: map[string]risk.Set{execSig: named}},
		rules.Contract{Network: net, Address: multisend, Name: "MultiSend", ABI: calldata.MustABI(multiSig),
			Functions: map[string]rules.Rule{multiSig: rules.Inner}},
	)
	return b
}

func TestWrappedCalls(t *testing.T) {
	notToAlice := func(_ context.Context, r *rules.Request) rules.Decision {
		if r.Transfer != nil {
			return rules.Abstain(countersign.OverCap, "no native transfers")
		}
		if r.Call.Address("to") == alice {
			return rules.Approve("fine")
		}
		return rules.Reject(rules.DenyListed, "not to others")
	}
	toBob := pack(t, mintSig, common.HexToAddress(stranger), big.NewInt(1))
	for _, tt := range []struct {
		name    string
		records [][]byte
		named   risk.Set
		want    countersign.ReasonCode
		reason  string
	}{
		{"all within policy", [][]byte{record(0, token, 0, mint), record(0, token, 0, mint)}, risk.Delegatecall, countersign.WithinPolicy, "1 calls, each within policy"},
		{"one over the rule", [][]byte{record(0, token, 0, mint), record(0, alice, 7, nil)}, risk.Delegatecall, countersign.OverCap, "call 1: no native transfers"},
		{"a rejection before an abstention", [][]byte{record(0, alice, 7, nil), record(0, token, 0, toBob)}, risk.Delegatecall, countersign.DenyListed, "not to others"},
		{"no rule for one", [][]byte{record(0, token, 0, mint), record(0, token, 0, burn)}, risk.Delegatecall, countersign.UnknownFunction, "burn(uint256)"},
		{"delegatecall not named", [][]byte{record(0, token, 0, mint)}, 0, countersign.UnnamedRisk, "call 0 of execTransaction"},
		{"value where none is named", [][]byte{record(0, token, 5, mint)}, risk.Delegatecall, countersign.ValueWithCall, "5 wei are sent along with mint(address,uint256)"},
		{"value that the wrapper names", [][]byte{record(0, token, 5, mint)}, risk.Delegatecall | risk.Value, countersign.WithinPolicy, ""},
		{"an unknown contract inside", [][]byte{record(0, token, 0, mint), record(0, stranger, 0, mint)}, risk.Delegatecall, countersign.UnknownContract, "execTransaction[0].multiSend[1]"},
		{"a malformed call inside", [][]byte{record(0, token, 0, append(append([]byte{}, mint...), 0))}, risk.Delegatecall, countersign.MalformedCallData, "trailing_bytes at byte 68 (mint)"},
		{"bytes after the last record", [][]byte{record(0, token, 0, mint), {0}}, risk.Delegatecall, countersign.MalformedCallData, "malformed_batch"},
		{"nothing inside", nil, risk.Delegatecall, countersign.NoRule, "makes no other calls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := safeBook(notToAlice, rules.Inner, tt.named)
			if err := b.Check(); err != nil {
				t.Fatal(err)
			}
			got := b.Decide(t.Context(), batch(t, tt.records...), now)
			if got.Decision.Code != tt.want || !strings.Contains(got.Decision.Reason, tt.reason) {
				t.Errorf("decided %+v, want %s: …%s…", got.Decision, tt.want, tt.reason)
			}
			if got.Contract != "Treasury" || got.Function != execSig {
				t.Errorf("decoded %q of %q, want the Safe's call", got.Function, got.Contract)
			}
		})
	}
}

// What every call inside counts is counted, also when another one is left to people.
func TestInnerCountsEveryCall(t *testing.T) {
	counting := func(_ context.Context, r *rules.Request) rules.Decision {
		r.Count(rules.Budget{Name: "mint", Limit: countersign.NewAmount(1000)}, r.Call.Amount("amount"))
		if r.Call.Inside != nil || r.Call.Via() != "multisend" {
			return rules.Abstain(countersign.NoRule, "reached via %q", r.Call.Via())
		}
		return rules.Abstain(countersign.OverCap, "always")
	}
	b := safeBook(counting, rules.Inner, risk.Delegatecall)
	got := b.Decide(t.Context(), batch(t, record(0, token, 0, mint), record(0, token, 0, mint)), now)
	if len(got.Claims) != 2 || got.Decision.Code != countersign.OverCap {
		t.Errorf("claims %v, decision %+v, want two claims and over_cap", got.Claims, got.Decision)
	}
	if len(got.Inside) != 1 || len(got.Inside[0].Inside) != 2 || got.Inside[0].Inside[1].Args["amount"] != "100" || got.Inside[0].Operation != "delegatecall" {
		t.Errorf("inside = %+v", got.Inside)
	}
}

// A wrapper's own rule sees the calls inside and may decide them itself.
func TestAWrapperMayHaveARuleOfItsOwn(t *testing.T) {
	own := func(_ context.Context, r *rules.Request) rules.Decision {
		for _, c := range r.Call.Inside[0].Inside {
			if !strings.EqualFold(c.To(), token) || c.Function() != mintSig || !c.Risks().Has(risk.Recipient) {
				return rules.Abstain(countersign.NoRule, "only mints")
			}
		}
		return rules.Approve("mints only")
	}
	b := safeBook(nil, own, risk.Delegatecall|risk.Recipient)
	b.Contracts[0].Functions, b.Contracts[0].Risks, b.Transfers = nil, nil, nil
	if got := b.Decide(t.Context(), batch(t, record(0, token, 0, mint)), now); got.Decision.Reason != "mints only" {
		t.Errorf("decided %+v", got.Decision)
	}
	if got := b.Decide(t.Context(), batch(t, record(0, token, 0, mint), record(0, token, 0, burn)), now); got.Decision.Reason != "only mints" {
		t.Errorf("decided %+v", got.Decision)
	}
}

// The operations of a smart account are decided one by one, and all of them count.
func TestOperations(t *testing.T) {
	operations := func(calls ...countersign.Call) countersign.Approval {
		a := call(token, nil)
		a.Activity.Call, a.Activity.Operations = nil, calls
		return a
	}
	mintCall := countersign.Call{To: token, Data: mint}
	for _, tt := range []struct {
		name string
		a    countersign.Approval
		want countersign.ReasonCode
	}{
		{"two that are fine", operations(mintCall, mintCall), countersign.WithinPolicy},
		{"one alone", operations(mintCall), countersign.WithinPolicy},
		{"one to a stranger", operations(mintCall, countersign.Call{To: stranger, Data: mint}), countersign.UnknownContract},
		{"one without a rule", operations(mintCall, countersign.Call{To: token, Data: burn}), countersign.UnknownFunction},
		{"a creation", operations(mintCall, countersign.Call{Data: mint}), countersign.ContractCreation},
		{"value that is not named", operations(mintCall, countersign.Call{To: token, Data: mint, Value: countersign.NewAmount(1)}), countersign.ValueWithCall},
		{"a transaction that gives an account code", func() countersign.Approval {
			a := call(token, mint)
			a.Activity.Call.SetsCode, a.Activity.Call.Delegates = true, []string{stranger}
			return a
		}(), countersign.OpaqueCall},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := book(approve).Decide(t.Context(), tt.a, now); got.Decision.Code != tt.want {
				t.Errorf("decided %+v, want %s", got.Decision, tt.want)
			}
		})
	}
}
