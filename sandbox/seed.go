package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	gethcrypto "github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/auth"
	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/network"
	"countersign/sandbox/policy"
	"countersign/sandbox/queue"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
	"countersign/sandbox/token"
)

// Names of stored values.
const (
	metaSeed     = "sandbox/seed"
	metaURL      = "sandbox/url"
	metaRPCURL   = "sandbox/rpc-url"
	metaNetworks = "sandbox/networks"

	metaControlURL = "sandbox/control-url"
)

// loginLife is how long a seeded human's bearer token lives. A real login lasts
// hours; a laptop's data directory should outlast a holiday.
const loginLife = 10 * 365 * 24 * time.Hour

// seedling is what the first start of a directory made, kept for every later
// one.
type seedling struct {
	Humans          map[string]human
	OrgID           string
	TreasuryID      string
	TreasuryAddress string
	TokenAddress    string
	FaucetKey       string // hex
	Genesis         int64  // Unix seconds
}

// human is a seeded user with what he needs to sign.
type human struct {
	UserID, CredID, Bearer string
	PrivateKey             string // PEM, PKCS#8
}

func (s seedling) faucet() *ecdsa.PrivateKey {
	key, err := gethcrypto.ToECDSA(hexutil.MustDecode(s.FaucetKey))
	if err != nil {
		panic("faucet key in the database is damaged: " + err.Error())
	}
	return key
}

func (s seedling) faucetAddress() string {
	return gethcrypto.PubkeyToAddress(s.faucet().PublicKey).Hex()
}

// plant makes the organisation's humans, treasury and token on the first call,
// in one transaction, and reads them back on every later one.
func plant(db *store.DB, users *auth.Auth, vault *custody.Custody, now time.Time) (seedling, error) {
	var seed seedling
	err := db.Update(func(tx *store.Tx) error {
		text, err := tx.Meta(metaSeed)
		if err != nil {
			return err
		}
		if text != "" {
			return errors.Join(json.Unmarshal([]byte(text), &seed), entitle(tx, now))
		}
		if seed, err = sow(tx, users, vault, now); err != nil {
			return err
		}
		if err := entitle(tx, now); err != nil {
			return err
		}
		encoded, err := json.Marshal(seed)
		if err != nil {
			return fmt.Errorf("encoding seed: %w", err)
		}
		return tx.SetMeta(metaSeed, string(encoded))
	})
	return seed, err
}

func sow(tx *store.Tx, users *auth.Auth, vault *custody.Custody, now time.Time) (seedling, error) {
	key, err := gethcrypto.GenerateKey()
	if err != nil {
		return seedling{}, fmt.Errorf("making faucet key: %w", err)
	}
	seed := seedling{OrgID: users.OrgID(), Genesis: now.Unix(), FaucetKey: hexutil.Encode(gethcrypto.FromECDSA(key))}
	if seed.Humans, err = enrolHumans(tx, users); err != nil {
		return seed, err
	}
	treasury, err := vault.AddWallet(tx, custody.NewWallet{Network: network.Default, Name: "Treasury"})
	if err != nil {
		return seed, err
	}
	seed.TreasuryID, seed.TreasuryAddress = treasury.ID, treasury.Address
	code, err := token.Creation(common.HexToAddress(treasury.Address))
	if err != nil {
		return seed, err
	}
	// Funding the treasury is the faucet's nonce 0, so the token is its nonce 1.
	seed.TokenAddress = gethcrypto.CreateAddress(gethcrypto.PubkeyToAddress(key.PublicKey), 1).Hex()
	return seed, queue.Put(tx, queue.Job{ID: "deploy/token", Network: network.Default, Call: terms.Call{Value: new(big.Int), Data: code}})
}

// entitle makes the managed permissions. On the first start of a directory the humans get
// full access; so does everybody in a directory that was seeded before there were any.
func entitle(tx *store.Tx, now time.Time) error {
	everybody, err := identity.IDs(tx)
	if err != nil {
		return err
	}
	return role.Establish(tx, everybody, dfns.At(now))
}

// approverOf names an active policy that lists the user as an approver, or "".
func approverOf(tx *store.Tx, user string) (string, error) {
	found, err := policy.Approves(tx, user)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].ID, nil
}

// enrolHumans makes one human for each kind of key.
func enrolHumans(tx *store.Tx, users *auth.Auth) (map[string]human, error) {
	_, edwards, err1 := ed25519.GenerateKey(nil)
	p256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rsa2048, err3 := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("making keys of humans: %w", err)
	}
	humans := map[string]human{}
	for _, h := range []struct {
		name string
		key  crypto.Signer
	}{{"admin", edwards}, {"alice", p256}, {"bob", rsa2048}} {
		public, err := x509.MarshalPKIXPublicKey(h.key.Public())
		if err != nil {
			return nil, fmt.Errorf("encoding public key of %s: %w", h.name, err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(h.key)
		if err != nil {
			return nil, fmt.Errorf("encoding private key of %s: %w", h.name, err)
		}
		e, err := users.Enrol(tx, auth.NewUser{Name: h.name, Life: loginLife,
			PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))})
		if err != nil {
			return nil, fmt.Errorf("enrolling %s: %w", h.name, err)
		}
		humans[h.name] = human{UserID: e.User.UserID, CredID: e.Credential.CredID, Bearer: e.Bearer,
			PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))}
	}
	return humans, nil
}
