package network_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/chain/network"
)

func TestTheFile(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"as it always was", `{"A":{"url":"https://a","chain_id":1},"B":{"url":"http://b","chain_id":2,"max_age":"1h"}}`, ""},
		{"everything", `{"A":{"urls":["https://a","https://b","https://c"],"chain_id":1,"max_age":"1m","quorum":2,"finality":"confirmations:12","rate":2.5,"hedge_after":"200ms","timeout":"3s","batch":100}}`, ""},
		{"no URL", `{"A":{"chain_id":1}}`, "A: url and chain_id are required"},
		{"no chain", `{"A":{"urls":["https://a"]}}`, "url and chain_id are required"},
		{"both", `{"A":{"url":"https://a","urls":["https://b"],"chain_id":1}}`, "both given"},
		{"a node that would agree with itself", `{"A":{"urls":["https://a.example/k","https://A.example/k/"],"chain_id":1}}`, "twice"},
		{"more than there are", `{"A":{"urls":["https://a","https://b"],"chain_id":1,"quorum":3}}`, "quorum 3 of 2"},
		{"less than none", `{"A":{"url":"https://a","chain_id":1,"quorum":-1}}`, "quorum -1"},
		{"a finality of none", `{"A":{"url":"https://a","chain_id":1,"finality":"confirmations:0"}}`, "finality"},
		{"a finality that is a tag of none", `{"A":{"url":"https://a","chain_id":1,"finality":"latest"}}`, `finality "latest"`},
		{"a rate below none", `{"A":{"url":"https://a","chain_id":1,"rate":-1}}`, "rate"},
		{"a batch too large", `{"A":{"url":"https://a","chain_id":1,"batch":1001}}`, "batch 1001"},
		{"a time that is none", `{"A":{"url":"https://a","chain_id":1,"timeout":"0s"}}`, `timeout "0s"`},
		{"two mistakes", `{"A":{"url":"https://a","chain_id":1,"timeout":"x"},"B":{"chain_id":1}}`, "B: url"},
		{"a member that is not known", `{"A":{"url":"https://a","chain_id":1,"key":"x"}}`, "key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "nodes.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := network.Load(path)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, want …%s…", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "https://") {
				t.Errorf("the error shows a URL, which may hold a key: %v", err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	for nodes, quorum := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3} {
		s, err := network.Network{URLs: []string{"https://a", "https://b", "https://c", "https://d", "https://e"}[:nodes], ChainID: 1}.Settings()
		if err != nil || s.Quorum != quorum {
			t.Errorf("Settings of %d nodes = quorum %d, %v, want %d", nodes, s.Quorum, err, quorum)
		}
	}
	s, err := network.Network{URL: "https://a", ChainID: 1}.Settings()
	if err != nil || s.Tag != "finalized" || s.Batch != 50 || s.Timeout != 15*time.Second || s.Hedge != time.Second || s.MaxAge != 0 || s.Rate != 0 {
		t.Errorf("Settings = %+v, %v", s, err)
	}
	s, err = network.Network{URL: "https://a", ChainID: 1, Finality: "confirmations:64"}.Settings()
	if err != nil || s.Tag != "" || s.Confirmations != 64 {
		t.Errorf("Settings = %+v, %v", s, err)
	}
}
