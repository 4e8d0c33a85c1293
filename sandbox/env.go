package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"countersign/sandbox/network"
	"countersign/sandbox/store"
)

// Env is what a client of a served directory needs, in the order in which it is
// printed.
type Env struct {
	BaseURL         string `json:"DFNS_BASE_URL"`
	AuthToken       string `json:"DFNS_AUTH_TOKEN"`
	CredID          string `json:"DFNS_CRED_ID"`
	PrivateKey      string `json:"DFNS_PRIVATE_KEY"` // PEM, PKCS#8
	OrgID           string `json:"DFNS_ORG_ID"`
	UserID          string `json:"DFNS_USER_ID"`
	WalletID        string `json:"DFNS_WALLET_ID"` // the treasury
	TreasuryAddress string `json:"SANDBOX_TREASURY_ADDRESS"`
	Network         string `json:"SANDBOX_NETWORK"`
	ChainID         string `json:"SANDBOX_CHAIN_ID"`
	RPCURL          string `json:"SANDBOX_RPC_URL"`
	RPCURLs         string `json:"SANDBOX_RPC_URLS"` // a JSON object, from the names of EVM networks
	TokenAddress    string `json:"SANDBOX_TOKEN_ADDRESS"`
	ControlURL      string `json:"SANDBOX_CONTROL_URL,omitempty"` // "" when it is off
}

// ErrNeverServed means that the directory holds no seeded sandbox.
var ErrNeverServed = errors.New("this directory was never served; run `sandbox serve --data` with it first")

// ReadEnv reads the environment of a seeded human (admin, alice or bob). It
// works beside a running server and after it; the addresses are those of the
// latest start.
func ReadEnv(dir, as string) (Env, error) {
	db, err := store.OpenReadOnly(dir)
	if errors.Is(err, store.ErrNoDatabase) {
		return Env{}, fmt.Errorf("%s: %w", dir, ErrNeverServed)
	}
	if err != nil {
		return Env{}, err
	}
	var text, url, rpc, names, control string
	err = db.View(func(tx *store.Tx) error {
		var err1, err2, err3, err4, err5 error
		text, err1 = tx.Meta(metaSeed)
		url, err2 = tx.Meta(metaURL)
		rpc, err3 = tx.Meta(metaRPCURL)
		names, err4 = tx.Meta(metaNetworks)
		control, err5 = tx.Meta(metaControlURL)
		return errors.Join(err1, err2, err3, err4, err5)
	})
	if err = errors.Join(err, db.Close()); err != nil || url == "" {
		return Env{}, errors.Join(fmt.Errorf("%s: %w", dir, ErrNeverServed), err)
	}
	var seed seedling
	if err := json.Unmarshal([]byte(text), &seed); err != nil {
		return Env{}, fmt.Errorf("reading seed: %w", err)
	}
	who, known := seed.Humans[as]
	if !known {
		return Env{}, fmt.Errorf("no seeded user %q; there are admin, alice and bob", as)
	}
	return Env{
		BaseURL: url, AuthToken: who.Bearer, CredID: who.CredID, PrivateKey: who.PrivateKey,
		OrgID: seed.OrgID, UserID: who.UserID, WalletID: seed.TreasuryID,
		TreasuryAddress: seed.TreasuryAddress, Network: network.Default, ChainID: defaultChainID(),
		RPCURL: rpc, RPCURLs: rpcURLs(rpc, names), TokenAddress: seed.TokenAddress, ControlURL: control,
	}, nil
}

// defaultChainID is that of [network.Default], in decimal.
func defaultChainID() string {
	return strconv.FormatUint(network.Set{}.All()[0].ChainID, 10)
}

// Shell returns e as export statements for a POSIX shell. A PEM key keeps its
// line breaks inside single quotes.
func (e Env) Shell() string {
	var out strings.Builder
	for _, v := range []struct{ name, value string }{
		{"DFNS_BASE_URL", e.BaseURL}, {"DFNS_AUTH_TOKEN", e.AuthToken}, {"DFNS_CRED_ID", e.CredID},
		{"DFNS_PRIVATE_KEY", e.PrivateKey}, {"DFNS_ORG_ID", e.OrgID}, {"DFNS_USER_ID", e.UserID},
		{"DFNS_WALLET_ID", e.WalletID}, {"SANDBOX_TREASURY_ADDRESS", e.TreasuryAddress},
		{"SANDBOX_NETWORK", e.Network}, {"SANDBOX_CHAIN_ID", e.ChainID},
		{"SANDBOX_RPC_URL", e.RPCURL}, {"SANDBOX_RPC_URLS", e.RPCURLs},
		{"SANDBOX_TOKEN_ADDRESS", e.TokenAddress}, {"SANDBOX_CONTROL_URL", e.ControlURL},
	} {
		if v.name == "SANDBOX_CONTROL_URL" && v.value == "" {
			continue // it is off
		}
		fmt.Fprintf(&out, "export %s='%s'\n", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
	}
	return out.String()
}
