package signing_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/signing"
)

// sign signs the body with the private key "cow", of the example in EIP-712.
func sign(t *testing.T, body string) (signing.Value, string) {
	t.Helper()
	b, err := signing.Parse([]byte(body))
	if err != nil {
		t.Fatalf("Parse(%s): %v", body, err)
	}
	value, data, err := signing.Sign(cow, b)
	if err != nil {
		t.Fatalf("Sign(%s): %v", body, err)
	}
	return value, data
}

var cow = signing.Secret{Scheme: signing.ECDSA, Hex: hexutil.Encode(crypto.Keccak256([]byte("cow")))}

const cowAddress = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"

// mail is the example of EIP-712, as a client of DFNS's writes it: with or without the type
// of the domain, and a chain ID in either form.
func mail(domainType, chainID string) string {
	return `{"kind":"Eip712","types":{` + domainType + `"Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],
		"Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}]},
		"domain":{"name":"Ether Mail","version":"1","chainId":` + chainID + `,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},
		"message":{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
		"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}}`
}

// The values are those that EIP-712 prints.
func TestEip712SignsTheExampleOfTheEIP(t *testing.T) {
	domainType := `"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},
		{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],`
	for _, body := range []string{mail("", "1"), mail("", `"1"`), mail("", `"0x1"`), mail(domainType, "1")} {
		got, _ := sign(t, body)
		if got.R != "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d" ||
			got.S != "0x07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562" || *got.RecID != 1 || got.Encoded[130:] != "1c" {
			t.Errorf("signature of %s is %+v", body, got)
		}
	}
}

func TestAmountsBeyondAFloatAreSignedExactly(t *testing.T) {
	body := func(amount string) string {
		return `{"kind":"Eip712","types":{"Pay":[{"name":"amount","type":"uint256"}]},"domain":{"name":"x"},"message":{"amount":` + amount + `}}`
	}
	one, _ := sign(t, body("9007199254740993"))
	two, _ := sign(t, body(`"9007199254740993"`))
	three, _ := sign(t, body("9007199254740992"))
	if one.R != two.R || one.R == three.R {
		t.Error("a number above 2^53 was not signed as it was written")
	}
}

func TestMessagesAndHashesRecoverTheirSigner(t *testing.T) {
	hash := hex.EncodeToString(crypto.Keccak256([]byte("x")))
	text := hex.EncodeToString([]byte("I love Dfns"))
	for body, digest := range map[string][]byte{
		`{"kind":"Hash","hash":"0x` + hash + `"}`:                              common.FromHex(hash),
		`{"kind":"Hash","hash":"` + hash + `"}`:                                common.FromHex(hash),
		`{"kind":"Message","message":"0x` + text + `","blockchainKind":"Evm"}`: accounts.TextHash([]byte("I love Dfns")),
		`{"kind":"Eip191","message":"0x` + text + `"}`:                         accounts.TextHash([]byte("I love Dfns")),
	} {
		got, _ := sign(t, body)
		raw := append(append(common.FromHex(got.R), common.FromHex(got.S)...), *got.RecID)
		public, err := crypto.SigToPub(digest, raw)
		if err != nil || crypto.PubkeyToAddress(*public).Hex() != cowAddress {
			t.Errorf("%s was not signed by %s: %v", body, cowAddress, err)
		}
	}
}

// The two first are the examples of DFNS's own pages; the third is EIP-155's.
func TestTransactionsAreSignedForBroadcast(t *testing.T) {
	for raw, want := range map[string]struct {
		chain, nonce int64
		kind         uint8
	}{
		"0x02e783aa36a71503850d40e49def82520894e5a2ebc128e262ab1e3bd02bffbe16911adfbffb0180c0":             {11155111, 21, 2},
		"0x02e783aa36a71603850cbab1770382520894e5a2ebc128e262ab1e3bd02bffbe16911adfbffb0180c0":             {11155111, 22, 2},
		"0xec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080":     {1, 9, 0},
		"0xe9098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080":           {0, 9, 0},
		"0x01e3018085" + "04a817c800825208943535353535353535353535353535353535353535" + "01" + "80" + "c0": {1, 0, 1},
	} {
		_, data := sign(t, `{"kind":"Transaction","transaction":"`+raw+`"}`)
		tx := new(types.Transaction)
		if err := tx.UnmarshalBinary(common.FromHex(data)); err != nil {
			t.Errorf("%s became %s: %v", raw, data, err)
			continue
		}
		sender, err := types.Sender(types.LatestSignerForChainID(big.NewInt(max(want.chain, 1))), tx)
		if err != nil || sender.Hex() != cowAddress || tx.Type() != want.kind || tx.Nonce() != uint64(want.nonce) ||
			tx.ChainId().Cmp(big.NewInt(want.chain)) != 0 {
			t.Errorf("%s: sender %s, type %d, nonce %d, chain %s; %v", raw, sender, tx.Type(), tx.Nonce(), tx.ChainId(), err)
		}
	}
}

func TestEdDSASignsMessages(t *testing.T) {
	secret, err := signing.New(signing.EdDSA, signing.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	b, err := signing.Parse([]byte(`{"kind":"Message","message":"0x00ff"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(secret.Scheme, false); err != nil {
		t.Errorf("Check: %v", err)
	}
	got, _, err := signing.Sign(secret, b)
	if err != nil {
		t.Fatal(err)
	}
	public, err := secret.Public()
	if err != nil || !ed25519.Verify(common.FromHex(public), []byte{0, 0xff}, append(common.FromHex(got.R), common.FromHex(got.S)...)) || got.RecID != nil {
		t.Errorf("signature %+v does not verify under %s: %v", got, public, err)
	}
	hash, err := signing.Parse([]byte(`{"kind":"Hash","hash":"` + common.Hash{}.Hex() + `"}`))
	if err != nil || hash.Check(signing.EdDSA, false) == nil || b.Check(signing.ECDSA, false) == nil || b.Check(signing.ECDSA, true) != nil {
		t.Error("EdDSA signed a hash, or ECDSA a message of no network")
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"no kind":               `{}`,
		"an unknown kind":       `{"kind":"Poem"}`,
		"a kind of others":      `{"kind":"Psbt","psbt":"0x"}`,
		"a short hash":          `{"kind":"Hash","hash":"0x01"}`,
		"half a byte":           `{"kind":"Message","message":"0x1"}`,
		"no message":            `{"kind":"Message"}`,
		"a member of another":   `{"kind":"Hash","hash":"0x00","message":"0x"}`,
		"an empty externalId":   `{"kind":"Eip191","message":"0x","externalId":""}`,
		"another chain":         `{"kind":"Eip191","message":"0x","blockchainKind":"Solana"}`,
		"a signed transaction":  `{"kind":"Transaction","transaction":"0x02c0"}`,
		"a blob transaction":    `{"kind":"Transaction","transaction":"0x03c0"}`,
		"a chain ID of zero":    `{"kind":"Transaction","transaction":"0x02c98080808080808080c0"}`,
		"an object":             `{"kind":"Transaction","transaction":{"to":"0x"}}`,
		"two primary types":     `{"kind":"Eip712","types":{"A":[],"B":[]},"domain":{"name":"x"},"message":{}}`,
		"an empty domain":       `{"kind":"Eip712","types":{"A":[]},"domain":{},"message":{}}`,
		"a type that is absent": `{"kind":"Eip712","types":{"A":[{"name":"b","type":"B"}]},"domain":{"name":"x"},"message":{"b":{}}}`,
		"a number too large":    `{"kind":"Eip712","types":{"A":[{"name":"b","type":"uint8"}]},"domain":{"name":"x"},"message":{"b":256}}`,
	} {
		if _, err := signing.Parse([]byte(body)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
