package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"

	"countersign/custody/dfns"
	"countersign/custody/dfns/signkey"
)

// Platform is what `sandbox env --json` prints for one user: who he is and where
// things are.
type Platform struct {
	BaseURL      string `json:"DFNS_BASE_URL"`
	AuthToken    string `json:"DFNS_AUTH_TOKEN"`
	CredentialID string `json:"DFNS_CRED_ID"`
	PrivateKey   string `json:"DFNS_PRIVATE_KEY"` // PEM
	OrgID        string `json:"DFNS_ORG_ID"`
	UserID       string `json:"DFNS_USER_ID"`
	WalletID     string `json:"DFNS_WALLET_ID"`
	Treasury     string `json:"SANDBOX_TREASURY_ADDRESS"`
	Network      string `json:"SANDBOX_NETWORK"`
	ChainID      string `json:"SANDBOX_CHAIN_ID"`
	RPCURL       string `json:"SANDBOX_RPC_URL"`
	Token        string `json:"SANDBOX_TOKEN_ADDRESS"`
	ControlURL   string `json:"SANDBOX_CONTROL_URL"`
}

func (s *Stack) sandboxData() string { return filepath.Join(s.Dir, "sandbox") }

func (s *Stack) startSandbox(ctx context.Context) (err error) {
	s.sandbox, err = start(s.Log, s.Dir, "sandbox", s.Sandbox, "serve",
		"--listen", s.SandboxAddr, "--rpc-listen", s.RPCAddr, "--control-listen", s.ControlAddr, "--data", s.sandboxData(),
		"--time-scale", strconv.FormatFloat(s.TimeScale, 'g', -1, 64),
		"--unfunded="+strconv.FormatBool(s.Unfunded), "--finality", strconv.Itoa(s.Finality), "--block-time", s.BlockTime.String())
	if err != nil {
		return err
	}
	err = s.sandbox.ready(ctx, s.Dir, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.SandboxAddr+"/healthz", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("health is %s", res.Status)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Platform, err = s.As(ctx, "admin")
	return err
}

// As returns the platform as one of its people: admin, alice or bob.
func (s *Stack) As(ctx context.Context, user string) (p Platform, err error) {
	out, err := exec.CommandContext(ctx, s.Sandbox, "env", "--data", s.sandboxData(), "--as", user, "--json").Output()
	if err != nil {
		return p, fmt.Errorf("sandbox env --as %s: %w", user, err)
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return p, fmt.Errorf("sandbox env --as %s: %w", user, err)
	}
	return p, nil
}

// Client returns a custody client that acts as this user.
func (p Platform) Client() (*dfns.Client, error) {
	key, err := signkey.Parse([]byte(p.PrivateKey))
	if err != nil {
		return nil, err
	}
	return dfns.New(dfns.Config{BaseURL: p.BaseURL, AuthToken: p.AuthToken, CredentialID: p.CredentialID, Signer: key})
}
