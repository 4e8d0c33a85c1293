package typeddata_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"countersign/calldata"
	"countersign/calldata/typeddata"

	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// A document is the four texts that are parsed.
type document struct {
	types, domain, message string
	primary                string
}

func (d document) parse() (*typeddata.Data, error) {
	return typeddata.Parse([]byte(d.types), []byte(d.domain), []byte(d.message), d.primary)
}

// String keeps a long document from filling the log.
func (d document) String() string {
	return fmt.Sprintf("types %.2000s\ndomain %.400s\nmessage %.2000s\nprimary type %q", d.types, d.domain, d.message, d.primary)
}

func (d document) mustParse(t testing.TB) *typeddata.Data {
	t.Helper()
	data, err := d.parse()
	if err != nil {
		t.Fatalf("%v\nrefused: %v", d, err)
	}
	return data
}

// gethDigest is go-ethereum's idea of what is signed. It has to be told the type
// of the domain and the primary type.
func gethDigest(d document, primary string) ([]byte, error) {
	td := apitypes.TypedData{PrimaryType: primary}
	for _, part := range []struct {
		text string
		into any
	}{{d.types, &td.Types}, {d.domain, &td.Domain}, {d.message, &td.Message}} {
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return nil, err
		}
	}
	if td.Types["EIP712Domain"] == nil {
		given := map[string]any{}
		if err := json.Unmarshal([]byte(d.domain), &given); err != nil {
			return nil, err
		}
		for _, f := range domainFields {
			if _, has := given[f.Name]; has {
				td.Types["EIP712Domain"] = append(td.Types["EIP712Domain"], f)
			}
		}
	}
	digest, _, err := apitypes.TypedDataAndHash(td)
	return digest, err
}

var domainFields = []apitypes.Type{
	{Name: "name", Type: "string"}, {Name: "version", Type: "string"}, {Name: "chainId", Type: "uint256"},
	{Name: "verifyingContract", Type: "address"}, {Name: "salt", Type: "bytes32"},
}

// rapidT is what *testing.T and *rapid.T share.
type rapidT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// agrees fails unless go-ethereum would sign the same digest.
func agrees(t rapidT, d document, data *typeddata.Data) {
	t.Helper()
	want, err := gethDigest(d, data.PrimaryType)
	if err != nil {
		t.Fatalf("we read %v, go-ethereum says %v", d, err)
	}
	if got := data.Digest(); !bytes.Equal(got[:], want) {
		t.Fatalf("%v\nhashes to %x, go-ethereum has %x", d, got, want)
	}
}

// refusal returns why err was given, or fails.
func refusal(t testing.TB, err error) *calldata.Refusal {
	t.Helper()
	var r *calldata.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v (%T), want a refusal", err, err)
	}
	return r
}

func hexOf(b [32]byte) string { return "0x" + hex.EncodeToString(b[:]) }

// The example of EIP-712.
const (
	mailStructs = `"Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}],` +
		`"Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}]`
	mailDomainType = `"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},` +
		`{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}]`
	mailDomain  = `{"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"}`
	mailMessage = `{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},` +
		`"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}`
)

var mail = document{`{` + mailStructs + `}`, mailDomain, mailMessage, ""}
