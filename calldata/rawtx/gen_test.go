package rawtx_test

import (
	"crypto/ecdsa"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"
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

func num(t *rapid.T, what string) *big.Int        { return number(256).Draw(t, what) }
func num256(t *rapid.T, what string) *uint256.Int { return uint256.MustFromBig(num(t, what)) }
func num64(t *rapid.T, what string) uint64        { return number(64).Draw(t, what).Uint64() }

func chainOf(t *rapid.T) *big.Int {
	return new(big.Int).SetUint64(rapid.Uint64Min(1).Draw(t, "chain"))
}

func address(t *rapid.T, what string) (a common.Address) {
	return common.BytesToAddress(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, what))
}

func hash(t *rapid.T, what string) common.Hash {
	return common.BytesToHash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, what))
}

func recipient(t *rapid.T) *common.Address {
	if rapid.Bool().Draw(t, "creation") {
		return nil
	}
	a := address(t, "to")
	return &a
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
		a, err := types.SignSetCode(key, types.SetCodeAuthorization{
			ChainID: *uint256.NewInt(num64(t, "authorization chain")), Address: address(t, "code"), Nonce: num64(t, "authorization nonce"),
		})
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

func anySample(t *rapid.T) sample {
	f := anyFields(t)
	tx, chain := fromFields(f)
	s := sample{tx: tx, chain: chain}
	var err error
	if s.unsigned, err = rlp.EncodeToBytes(f); err != nil {
		t.Fatal(err)
	}
	if tx.Type() > 0 {
		s.unsigned = append([]byte{tx.Type()}, s.unsigned...)
	}
	signed, err := types.SignTx(tx, signer(chain), key)
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

func anyFields(t *rapid.T) any {
	switch rapid.IntRange(-1, 4).Draw(t, "type") {
	case -1:
		return &legacyFields{num64(t, "nonce"), num(t, "price"), num64(t, "gas"), recipient(t), num(t, "value"), anyData(t)}
	case 0:
		return &protectedFields{num64(t, "nonce"), num(t, "price"), num64(t, "gas"), recipient(t), num(t, "value"), anyData(t), chainOf(t), 0, 0}
	case 1:
		return &accessListFields{chainOf(t), num64(t, "nonce"), num(t, "price"), num64(t, "gas"), recipient(t), num(t, "value"), anyData(t), anyAccessList(t)}
	case 2:
		return &dynamicFeeFields{chainOf(t), num64(t, "nonce"), num(t, "tip"), num(t, "cap"), num64(t, "gas"), recipient(t), num(t, "value"), anyData(t), anyAccessList(t)}
	case 3:
		return &blobFields{uint256.MustFromBig(chainOf(t)), num64(t, "nonce"), num256(t, "tip"), num256(t, "cap"), num64(t, "gas"), address(t, "to"),
			num256(t, "value"), anyData(t), anyAccessList(t), num256(t, "blob cap"), anyBlobHashes(t)}
	}
	return &setCodeFields{uint256.MustFromBig(chainOf(t)), num64(t, "nonce"), num256(t, "tip"), num256(t, "cap"), num64(t, "gas"), address(t, "to"),
		num256(t, "value"), anyData(t), anyAccessList(t), anyAuthorizations(t)}
}
