package words_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/words"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

var (
	tusd     = hex("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed") // the first four are EIP-55's test vectors
	nft      = hex("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
	multi    = hex("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")
	vault    = hex("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")
	weth     = hex("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2")
	raw      = hex("0x27b1fdb04752bbc536007a920d24acb045561c26") // pinned as a contract, not as a token
	permit2  = hex("0x000000000022D473030F116dDEE9F6B43aC78BA3")
	treasury = hex("0x1111111111111111111111111111111111111111")
	alice    = hex("0xa11cE00000000000000000000000000000000001")
	bob      = hex("0xb0B0000000000000000000000000000000000002")
	nobody   = common.Address{}
	most     = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
)

func hex(s string) common.Address { return common.HexToAddress(s) }

func n(i int64) *big.Int { return big.NewInt(i) }

// names pin the tokens above, the treasury and the currency.
func names() words.Names {
	return words.Names{
		Tokens: map[calltree.Address]words.Token{
			calltree.Address(tusd):  {Symbol: "TUSD", Decimals: 6},
			calltree.Address(nft):   {Symbol: "KITTY", Standard: words.ERC721},
			calltree.Address(multi): {Symbol: "GEM", Standard: words.ERC1155},
			calltree.Address(vault): {Symbol: "vTUSD", Decimals: 18, Standard: words.ERC4626, Asset: calltree.Address(tusd)},
			calltree.Address(weth):  {Symbol: "WETH", Decimals: 18, Standard: words.Wrapped},
		},
		Accounts: map[calltree.Address]string{calltree.Address(treasury): "Treasury", calltree.Address(permit2): "Permit2"},
		Native:   words.Token{Symbol: "ETH", Decimals: 18}, ChainID: 1,
	}
}

// A made is a call: a signature, perhaps with names, and go-ethereum's idea of its
// bytes.
type made struct {
	signature string
	data      []byte
}

// call encodes with go-ethereum. Tuples are structs with members Name0, Name1, ….
func call(t testing.TB, signature string, args ...any) made {
	t.Helper()
	f := calldata.MustABI(signature).Functions()[0]
	selector, err := abi.ParseSelector(f.Signature)
	if err != nil {
		t.Fatal(err)
	}
	source, err := json.Marshal([]abi.SelectorMarshaling{selector})
	if err != nil {
		t.Fatal(err)
	}
	a, err := abi.JSON(strings.NewReader(string(source)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := a.Pack(f.Name, args...)
	if err != nil {
		t.Fatalf("%s: %v", signature, err)
	}
	return made{signature, data}
}

// read makes a tree of one call, with what is pinned to some addresses.
func read(t testing.TB, pins map[common.Address]calltree.Contract, tx calltree.Transaction) *calltree.Tree {
	t.Helper()
	known := map[calltree.Address]calltree.Contract{}
	for a, c := range pins {
		known[calltree.Address(a)] = c
	}
	r, err := calltree.New(known)
	if err != nil {
		t.Fatal(err)
	}
	return r.Read(tx)
}

// pin pins the signatures of some calls to an address.
func pin(calls ...made) calltree.Contract {
	seen, signatures := map[string]bool{}, []string{}
	for _, c := range calls {
		if !seen[c.signature] {
			signatures = append(signatures, c.signature)
		}
		seen[c.signature] = true
	}
	return calltree.Contract{ABI: calldata.MustABI(signatures...)}
}

func to(a common.Address) *calltree.Address { at := calltree.Address(a); return &at }

func wei(amount string) calltree.Wei { return calltree.WeiOf(countersign.MustAmount(amount)) }

// node is the root of a call at an address.
func node(t testing.TB, at common.Address, c made, value string) *calltree.Node {
	t.Helper()
	return &read(t, map[common.Address]calltree.Contract{at: pin(c)}, calltree.Transaction{To: to(at), Data: c.data, Value: wei(value)}).Roots[0]
}
