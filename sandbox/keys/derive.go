package keys

import (
	"errors"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/signing"
	"countersign/sandbox/store"
	"countersign/sandbox/vrf"
)

// maxDerivation is the most bytes of a domain or a seed. DFNS documents none.
const maxDerivation = 64 << 10

// Derivation is the body of POST /keys/:id/derive: bytes in 0x-hex.
type Derivation struct {
	Domain string `json:"domain"`
	Seed   string `json:"seed"`
}

// Derived is its answer: 32 bytes in 0x-hex, the same for the same key, domain and seed.
type Derived struct {
	Output string `json:"output"`
}

// Derive derives a value from a key of scheme DH, as package vrf says. A key of another
// scheme is a 400.
func (r *Ring) Derive(caller auth.Caller, id string, in Derivation) (Derived, error) {
	domain, err := bytesOf("domain", in.Domain)
	if err == nil && len(domain) == 0 {
		err = dfns.BadRequest("domain must not be empty: it keeps the values of one application from those of another")
	}
	if err != nil {
		return Derived{}, err
	}
	seed, err := bytesOf("seed", in.Seed)
	if err != nil {
		return Derived{}, err
	}
	var out Derived
	err = caller.Update(r.DB, func(tx *store.Tx) error {
		key, err := GetUsable(tx, id)
		if err != nil {
			return err
		}
		if key.Scheme != signing.DH {
			return dfns.BadRequest("key %s is of scheme %s; only a key of scheme DH derives values", id, key.Scheme)
		}
		whose, err := DelegationOf(tx, id)
		if err := errors.Join(err, whose.Admit(caller, id)); err != nil {
			return err
		}
		secret, err := Secret(tx, id)
		if err != nil {
			return err
		}
		private, err := secret.DH()
		if err != nil {
			return err
		}
		value, err := vrf.Derive(private, domain, seed)
		out.Output = hexutil.Encode(value)
		return err
	})
	return out, err
}

func bytesOf(name, text string) ([]byte, error) {
	raw, err := hexutil.Decode(text)
	switch {
	case err != nil:
		return nil, dfns.BadRequest("%s must be bytes in 0x-hex: %v", name, err)
	case len(raw) > maxDerivation:
		return nil, dfns.BadRequest("%s must be at most %d bytes, not %d", name, maxDerivation, len(raw))
	}
	return raw, nil
}
