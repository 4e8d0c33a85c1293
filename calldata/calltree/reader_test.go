package calltree_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
)

func TestSmoke(t *testing.T) {
	token := addr("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
	r, err := calltree.New(map[calltree.Address]calltree.Contract{token: {ABI: calldata.MustABI("transfer(address to,uint256 amount)")}})
	if err != nil {
		t.Fatal(err)
	}
	tree := r.Read(calltree.Transaction{To: &token, Data: unhex("a9059cbb" + strings.Repeat("0", 24) + strings.Repeat("11", 20) + strings.Repeat("0", 63) + "7")})
	if tree.Opaque != 0 || tree.Roots[0].Kind != calltree.Decoded {
		t.Errorf("%+v", tree.Problems())
	}
}

func addr(s string) calltree.Address { return calltree.Address(unhex(s)) }
func unhex(s string) []byte          { b, _ := hex.DecodeString(s); return b }
