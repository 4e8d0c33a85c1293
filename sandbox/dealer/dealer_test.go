package dealer_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"

	"countersign/sandbox/dealer"
)

func TestOnlyTheSealingKeyOpens(t *testing.T) {
	one, err := dealer.NewSealingKey([]byte("one"))
	two, err2 := dealer.NewSealingKey([]byte("two"))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "a share", strings.Repeat("x", 70000)} {
		sealed, err := dealer.Seal(one.Public(), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := one.Open(sealed); err != nil || string(got) != text {
			t.Errorf("opened %.20q, want %.20q; %v", got, text, err)
		}
		if got, err := two.Open(sealed); err == nil {
			t.Errorf("another key opened %q", got)
		}
		for _, at := range []int{0, len(sealed) - 40, len(sealed) - 1} {
			changed := bytes.Clone(sealed)
			changed[at] ^= 1
			if _, err := one.Open(changed); err == nil {
				t.Errorf("what was changed at %d is opened", at)
			}
		}
		if again, _ := dealer.Seal(one.Public(), []byte(text)); bytes.Equal(again, sealed) {
			t.Error("the same text is sealed alike twice")
		}
	}
	if _, err := one.Open([]byte("short")); err == nil {
		t.Error("what is too short is opened")
	}
	raw, _ := base64.StdEncoding.DecodeString(one.Public())
	for name, public := range map[string]string{"nothing": "", "no base64": "?", "another version": base64.StdEncoding.EncodeToString(append([]byte{2}, raw[1:]...)),
		"no point": base64.StdEncoding.EncodeToString(make([]byte, 34)), "a point that is longer": base64.StdEncoding.EncodeToString(append(raw, 0))} {
		if _, err := dealer.Seal(public, nil); err == nil {
			t.Errorf("%s is sealed with", name)
		}
	}
}

// number is a scalar as shares show it.
type number struct{ Curve, Scalar string }

func (n number) value(t interface{ Fatalf(string, ...any) }) *big.Int {
	v, ok := new(big.Int).SetString(n.Scalar, 16)
	if !ok || len(n.Scalar) != 64 {
		t.Fatalf("scalar %q is no 32 bytes in hex", n.Scalar)
	}
	return v
}

// The other side of an export: any threshold of the shares make the key, and fewer do not.
func TestAnyThresholdOfSharesMakesTheKey(t *testing.T) {
	order, _ := new(big.Int).SetString("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", 16)
	for curve, of := range map[string]struct {
		dealer.Curve
		order *big.Int
	}{"secp256k1": {dealer.Secp256k1, crypto.S256().Params().N}, "ed25519": {dealer.Ed25519, order}} {
		t.Run(curve, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.IntRange(2, 7).Draw(t, "n")
				threshold := rapid.IntRange(2, n).Draw(t, "threshold")
				key := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 31, 31).Draw(t, "key"))
				key.Add(key, big.NewInt(1))
				texts, err := of.Split(key, threshold, n)
				if err != nil || len(texts) != n {
					t.Fatalf("%d shares, %v", len(texts), err)
				}
				var xs, ys []*big.Int
				for _, text := range texts {
					var s struct {
						Version     int
						Index       number
						SecretShare number `json:"secret_share"`
					}
					if err := json.Unmarshal(text, &s); err != nil || s.Version != 1 || s.Index.Curve != curve || s.SecretShare.Curve != curve {
						t.Fatalf("share %s; %v", text, err)
					}
					xs, ys = append(xs, s.Index.value(t)), append(ys, s.SecretShare.value(t))
				}
				from := rapid.IntRange(0, n-threshold).Draw(t, "from")
				if got := interpolated(of.order, xs[from:from+threshold], ys[from:from+threshold]); got.Cmp(key) != 0 {
					t.Fatalf("shares make %x, want %x", got, key)
				}
				if got := interpolated(of.order, xs[:threshold-1], ys[:threshold-1]); got.Cmp(key) == 0 {
					t.Fatal("fewer shares make the key")
				}
			})
		})
	}
}

// interpolated is Lagrange's polynomial at 0.
func interpolated(order *big.Int, xs, ys []*big.Int) *big.Int {
	sum := new(big.Int)
	for i := range xs {
		over, under := new(big.Int).Set(ys[i]), big.NewInt(1)
		for j := range xs {
			if j != i {
				over.Mod(over.Mul(over, xs[j]), order)
				under.Mul(under, new(big.Int).Sub(xs[j], xs[i]))
			}
		}
		sum.Add(sum, over.Mul(over, under.ModInverse(under.Mod(under, order), order)))
	}
	return sum.Mod(sum, order)
}

// imports are shares as the other side of an import makes them: of key + 7x + 9x², at 1 … n.
func imports(key int64, n int, change func(i int, share map[string]any)) [][]byte {
	value := func(x int64) []byte { return big.NewInt(key + 7*x + 9*x*x).FillBytes(make([]byte, 32)) }
	var public []any
	for i := 1; i <= n; i++ {
		d, _ := crypto.ToECDSA(value(int64(i)))
		public = append(public, map[string]string{"curve": "secp256k1", "point": hex.EncodeToString(crypto.FromECDSAPub(&d.PublicKey))})
	}
	var texts [][]byte
	for i := 1; i <= n; i++ {
		share := map[string]any{"version": 1, "public_shares": public, "chain_code": nil,
			"secret_share": map[string]string{"curve": "secp256k1", "scalar": hex.EncodeToString(value(int64(i)))}}
		if change != nil {
			change(i, share)
		}
		text, _ := json.Marshal(share)
		texts = append(texts, text)
	}
	return texts
}

func TestJoinTakesWhatMakesOneKey(t *testing.T) {
	if key, err := dealer.Join(3, imports(41, 5, nil)); err != nil || key.Int64() != 41 {
		t.Errorf("joined %v, want 41; %v", key, err)
	}
	second := func(member string, v any) func(int, map[string]any) {
		return func(i int, share map[string]any) {
			if i == 2 {
				share[member] = v
			}
		}
	}
	for name, tt := range map[string]struct {
		threshold int
		shares    [][]byte
		says      string
	}{
		"a threshold that is too low": {2, imports(41, 5, nil), "minSigners"},
		"a key of zero":               {3, imports(0, 5, nil), "zero"},
		"another version":             {3, imports(41, 5, second("version", 2)), "version"},
		"another curve":               {3, imports(41, 5, second("secret_share", map[string]string{"curve": "stark"})), "curve"},
		"a scalar that is too great":  {3, imports(41, 5, second("secret_share", map[string]string{"curve": "secp256k1", "scalar": strings.Repeat("ff", 32)})), "secret_share"},
		"a scalar that is another's":  {3, imports(41, 5, second("secret_share", map[string]string{"curve": "secp256k1", "scalar": strings.Repeat("0", 63) + "5"})), "public_shares"},
		"public shares of fewer":      {3, imports(41, 5, second("public_shares", []any{})), "public_shares"},
		"no share":                    {3, append(imports(41, 4, nil), []byte("x")), "share 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if key, err := dealer.Join(tt.threshold, tt.shares); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("joined %v, %v; want an error that names %s", key, err, tt.says)
			}
		})
	}
	if _, err := dealer.Join(3, imports(41, 5, second("chain_code", "AAAA"))); !errors.Is(err, dealer.ErrMaster) {
		t.Errorf("a master key is refused with %v", err)
	}
}
