package rawtx_test

import (
	"crypto/ecdsa"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"
)

var key = func() *ecdsa.PrivateKey {
	k, err := crypto.ToECDSA(slices.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return k
}()

// number draws numbers of all lengths, because each length is another encoding.
func number(bits int) *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		b := rapid.SliceOfN(rapid.Byte(), 0, bits/8).Draw(t, "bytes")
		return new(big.Int).SetBytes(b)
	})
}

func num(t *rapid.T, what string) *big.Int { return number(256).Draw(t, what) }

func num64(t *rapid.T, what string) uint64 { return number(64).Draw(t, what).Uint64() }

func chainOf(t *rapid.T) *big.Int {
	return new(big.Int).SetUint64(rapid.Uint64Min(1).Draw(t, "chain"))
}

func address(t *rapid.T, what string) (a common.Address) {
	return common.BytesToAddress(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, what))
}

func hash(t *rapid.T, what string) common.Hash {
	return common.BytesToHash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, what))
}

// recipient is empty where a contract is created.
func recipient(t *rapid.T) []byte {
	if rapid.Bool().Draw(t, "creation") {
		return nil
	}
	return address(t, "to").Bytes()
}

func anyData(t *rapid.T) []byte {
	n := rapid.SampledFrom([]int{0, 1, 4, 55, 56, 68, 256, 300}).Draw(t, "length")
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "data")
}

func anyAccessList(t *rapid.T) types.AccessList {
	list := types.AccessList{}
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		entry := types.AccessTuple{Address: address(t, "contract"), StorageKeys: []common.Hash{}}
		for range rapid.IntRange(0, 3).Draw(t, "keys") {
			entry.StorageKeys = append(entry.StorageKeys, hash(t, "key"))
		}
		list = append(list, entry)
	}
	return list
}

func anyAuthorizations(t *rapid.T) (list []types.SetCodeAuthorization) {
	for range rapid.IntRange(1, 3).Draw(t, "authorizations") {
		a := types.SetCodeAuthorization{Address: address(t, "code"), Nonce: num64(t, "authorization nonce")}
		a.ChainID.SetUint64(num64(t, "authorization chain"))
		a, err := types.SignSetCode(key, a)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

func anyBlobHashes(t *rapid.T) (hashes []common.Hash) {
	for range rapid.IntRange(1, 3).Draw(t, "blobs") {
		h := hash(t, "blob hash")
		h[0] = 1
		hashes = append(hashes, h)
	}
	return hashes
}

// A sample is one transaction in the two forms that we read.
type sample struct {
	tx               *types.Transaction
	chain            *big.Int // nil: before EIP-155
	unsigned, signed []byte
}

func anySample(t *rapid.T) (s sample) {
	typ := rapid.IntRange(-1, 4).Draw(t, "type")
	s.unsigned = encode(anyFields(t, typ))
	if typ > 0 {
		s.unsigned = append([]byte{byte(typ)}, s.unsigned...)
	}
	s.tx, s.chain = gethReads(t, s.unsigned, false)
	signed, err := types.SignTx(s.tx, signer(s.chain), key)
	if err != nil {
		t.Fatal(err)
	}
	if s.signed, err = signed.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	return s
}

func signer(chain *big.Int) types.Signer {
	if chain == nil {
		return types.HomesteadSigner{}
	}
	return types.LatestSignerForChainID(chain)
}

// anyFields draws what is hashed for a signature, in the order of the type's EIP;
// -1 is a legacy transaction from before EIP-155.
func anyFields(t *rapid.T, typ int) (fields []any) {
	if typ > 0 {
		fields = append(fields, chainOf(t))
	}
	fields = append(fields, num64(t, "nonce"), num(t, "price or tip"))
	if typ >= 2 {
		fields = append(fields, num(t, "cap"))
	}
	to := recipient(t)
	if typ >= 3 {
		to = address(t, "to").Bytes()
	}
	fields = append(fields, num64(t, "gas"), to, num(t, "value"), anyData(t))
	if typ > 0 {
		fields = append(fields, anyAccessList(t))
	}
	switch typ {
	case 0:
		fields = append(fields, chainOf(t), uint(0), uint(0))
	case 3:
		fields = append(fields, num(t, "blob cap"), anyBlobHashes(t))
	case 4:
		fields = append(fields, anyAuthorizations(t))
	}
	return fields
}
