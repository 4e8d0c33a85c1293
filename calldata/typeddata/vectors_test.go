package typeddata_test

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"countersign/calldata"
	"countersign/calldata/typeddata"
	"countersign/tests/vectors"
)

// The public vectors of ethers have random types, domains and messages. Those whose
// domain names a chain and a contract must have the digest that ethers computed; the
// others are refused for that, and for nothing else.
func TestPublicVectors(t *testing.T) {
	var cases []struct {
		Name        string          `json:"name"`
		Domain      json.RawMessage `json:"domain"`
		PrimaryType string          `json:"primaryType"`
		Types       json.RawMessage `json:"types"`
		Data        json.RawMessage `json:"data"`
		Digest      string          `json:"digest"`
	}
	vectors.Read(t, "eip712", &cases)
	read := 0
	for _, c := range cases {
		var domain struct {
			ChainID  json.RawMessage `json:"chainId"`
			Contract string          `json:"verifyingContract"`
		}
		if err := json.Unmarshal(c.Domain, &domain); err != nil {
			t.Fatal(err)
		}
		d, err := typeddata.Parse(c.Types, c.Domain, c.Data, c.PrimaryType)
		if len(domain.ChainID) == 0 || domain.Contract == "" || string(domain.ChainID) == "0" {
			if r, ok := err.(*calldata.Refusal); !ok || r.Code != typeddata.MissingBinding {
				t.Errorf("%s: domain %s: %v, want missing_binding", c.Name, c.Domain, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		read++
		digest := d.Digest()
		if got := "0x" + hex.EncodeToString(digest[:]); got != c.Digest {
			t.Errorf("%s: digest %s, want %s", c.Name, got, c.Digest)
		}
	}
	if len(cases) < 1025 || read < 200 {
		t.Errorf("%d of %d vectors read, want at least 200 of 1,025", read, len(cases))
	}
	t.Logf("%d of %d vectors are bound to a chain and a contract", read, len(cases))
}
