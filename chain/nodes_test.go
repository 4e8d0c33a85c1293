package chain_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/chain"
	"countersign/chain/codepin"
)

func TestNodes(t *testing.T) {
	s := specimenOf("eip1967")
	f := newFake(t, s.world)
	endpoint := chain.Endpoint{URL: f.url, ChainID: f.chainID}
	nodes := func(e chain.Endpoint) *chain.Nodes {
		n, err := chain.NewNodes(map[string]chain.Endpoint{"Net": e})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	evidence, err := nodes(endpoint).CheckCode(t.Context(), "Net", []codepin.Pin{s.pin})
	if err != nil || !strings.Contains(string(evidence), `"block_hash"`) {
		t.Errorf("CheckCode = %s, %v", evidence, err)
	}
	changed := s.pin
	changed.CodeHash = "0x" + strings.Repeat("12", 32)
	if evidence, err := nodes(endpoint).CheckCode(t.Context(), "Net", []codepin.Pin{changed}); !errors.Is(err, codepin.ErrChanged) || !strings.Contains(string(evidence), "mismatches") {
		t.Errorf("CheckCode of other code = %s, %v, want ErrChanged with evidence", evidence, err)
	}
	if _, err := nodes(endpoint).CheckCode(t.Context(), "Other", []codepin.Pin{s.pin}); !errors.Is(err, codepin.ErrUnknown) {
		t.Errorf("CheckCode of a network without a node = %v, want ErrUnknown", err)
	}
	wrong := endpoint
	wrong.ChainID++
	if _, err := nodes(wrong).CheckCode(t.Context(), "Net", []codepin.Pin{s.pin}); !errors.Is(err, codepin.ErrUnknown) {
		t.Errorf("CheckCode with a node of another chain = %v, want ErrUnknown", err)
	}
}

func TestAStuckNodeIsNotBelieved(t *testing.T) {
	s := specimenOf("eip1967")
	f := newFake(t, s.world)
	n, err := chain.NewNodes(map[string]chain.Endpoint{"Net": {URL: f.url, ChainID: f.chainID, MaxAge: "15m"}})
	if err != nil {
		t.Fatal(err)
	}
	evidence, err := n.CheckCode(t.Context(), "Net", []codepin.Pin{s.pin}) // the fake's head is years old
	if !errors.Is(err, codepin.ErrUnknown) {
		t.Errorf("CheckCode at an old head = %s, %v, want ErrUnknown", evidence, err)
	}
	n.Now = func() time.Time { return time.Unix(1_700_000_000+12*int64(len(f.worlds)-1), 0).Add(14 * time.Minute) }
	if _, err := n.CheckCode(t.Context(), "Net", []codepin.Pin{s.pin}); err != nil {
		t.Errorf("CheckCode at a fresh head = %v", err)
	}
}

func TestNodesFile(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"two networks", `{"A":{"url":"https://a","chain_id":1},"B":{"url":"http://b","chain_id":2,"max_age":"1h"}}`, ""},
		{"no URL", `{"A":{"chain_id":1}}`, "A: url and chain_id are required"},
		{"no chain", `{"A":{"url":"https://a"}}`, "url and chain_id are required"},
		{"an age that is none", `{"A":{"url":"https://a","chain_id":1,"max_age":"soon"}}`, `max_age "soon"`},
		{"a network twice", `{"A":{"url":"https://a","chain_id":1},"A":{"url":"https://b","chain_id":1}}`, "twice"},
		{"a member that is not known", `{"A":{"url":"https://a","chain_id":1,"key":"x"}}`, "key"},
		{"no JSON", `A=https://a`, "nodes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "nodes.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := chain.LoadNodes(path)
			if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("LoadNodes = %v, want …%s…", err, tt.want)
			}
		})
	}
	if _, err := chain.LoadNodes("none.json"); err == nil {
		t.Error("a file that is not there was read")
	}
}
