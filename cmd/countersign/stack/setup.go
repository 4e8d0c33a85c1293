package stack

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/custody/dfns"
	"countersign/ingress"
)

// Accounts are what was set up at the platform. They are kept in accounts.json
// after each step, so that a start that was cut off goes on where it was.
type Accounts struct {
	// Checker decides; Maker asks. Two identities: the platform refuses one in
	// both roles, and so do we.
	Checker Account `json:"checker"`
	Maker   Account `json:"maker"`
	Policy  string  `json:"policy_id"`
	Webhook struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	} `json:"webhook"`
}

// An Account is a service account with its key in Dir/NAME.pem and its token in
// Dir/NAME.token.
type Account struct {
	Name         string `json:"name"`
	UserID       string `json:"user_id"`
	CredentialID string `json:"credential_id"`
}

func (s *Stack) setUp(ctx context.Context) error {
	if err := s.loadAccounts(); err != nil {
		return err
	}
	admin, err := s.Platform.Client()
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *dfns.Client) error{
		func(ctx context.Context, c *dfns.Client) error {
			return s.account(ctx, c, "checker", checkerRights, &s.Accounts.Checker)
		},
		func(ctx context.Context, c *dfns.Client) error {
			return s.account(ctx, c, "maker", makerRights, &s.Accounts.Maker)
		},
		s.policy, s.webhook, s.watchers,
	} {
		if err := step(ctx, admin); err != nil {
			return err
		}
		if err := s.saveAccounts(); err != nil {
			return err
		}
	}
	if err := s.trailKeys(); err != nil {
		return err
	}
	if err := s.writeBook(ctx); err != nil {
		return err
	}
	return s.writeConfig()
}

// policy holds everything that a wallet would sign until one of the checker and
// the people has approved. The maker is listed too: that it cannot approve is then the
// platform's word on its rights and on initiators, not an omission of ours.
func (s *Stack) policy(ctx context.Context, admin *dfns.Client) error {
	if s.Accounts.Policy != "" {
		return nil
	}
	people := []string{s.Accounts.Checker.UserID, s.Accounts.Maker.UserID}
	for _, name := range []string{"alice", "bob"} {
		p, err := s.As(ctx, name)
		if err != nil {
			return err
		}
		people = append(people, p.UserID)
	}
	var created struct {
		ID string `json:"id"`
	}
	body := map[string]any{
		"name": "Every signature needs a checker", "activityKind": "Wallets:Sign",
		"rule": map[string]any{"kind": "AlwaysTrigger"},
		"action": map[string]any{
			"kind": "RequestApproval", "autoRejectTimeout": 24 * 60,
			"approvalGroups": []any{map[string]any{
				"name": "checkers", "quorum": 1, "approvers": map[string]any{"userId": map[string]any{"in": people}},
				"initiatorCanApprove": false, "serviceAccountsCanApprove": true,
			}},
		},
	}
	if err := admin.Do(ctx, http.MethodPost, "/v2/policies", body, &created); err != nil {
		return fmt.Errorf("create policy: %w", err)
	}
	s.Accounts.Policy = created.ID
	return nil
}

// webhook subscribes our ingress. The secret is shown once, by create.
func (s *Stack) webhook(ctx context.Context, admin *dfns.Client) error {
	url := "http://" + s.IngressAddr + ingress.Path
	if s.Accounts.Webhook.URL == url {
		return nil
	}
	if old := s.Accounts.Webhook.ID; old != "" {
		if err := admin.Do(ctx, http.MethodDelete, "/webhooks/"+old, struct{}{}, nil); err != nil {
			return fmt.Errorf("delete the webhook of another address: %w", err)
		}
	}
	var created struct {
		ID     string `json:"id"`
		Secret string `json:"secret"`
	}
	body := map[string]any{"url": url, "events": []string{"*"}, "description": "countersign"}
	if err := admin.Do(ctx, http.MethodPost, "/webhooks", body, &created); err != nil {
		return fmt.Errorf("create webhook: %w", err)
	}
	if err := s.write("webhook.secret", []byte(created.Secret+"\n")); err != nil {
		return err
	}
	s.Accounts.Webhook.ID, s.Accounts.Webhook.URL = created.ID, url
	return nil
}

// watchers adds the secret of our own watchers, who tell the ingress in the same way, unless it
// is there.
func (s *Stack) watchers(context.Context, *dfns.Client) error {
	secrets, err := os.ReadFile(s.path("webhook.secret"))
	if err != nil || bytes.Contains(secrets, []byte("source="+ingress.OwnSource)) {
		return err
	}
	return s.write("webhook.secret", append(secrets, "own-"+rand.Text()+" source="+ingress.OwnSource+"\n"...))
}

// trailKeys makes the key that signs records and the one that signs checkpoints, with
// their public halves for verifiers.
func (s *Stack) trailKeys() error {
	for _, name := range []string{"signing", "log"} {
		if _, err := os.Stat(s.path(name + ".pem")); err == nil {
			continue
		}
		private, public, err := newKey()
		if err != nil {
			return err
		}
		if err := s.write(name+".pub.pem", public); err != nil {
			return err
		}
		if err := s.write(name+".pem", private); err != nil {
			return err
		}
	}
	key, err := audit.LoadKey(s.path("log.pem"))
	if err != nil {
		return err
	}
	log, err := tree.NewKey(issuer+"/trail", key)
	if err != nil {
		return err
	}
	return s.write("trail.policy", verify.Trust{Log: []string{log.VerifierKey()}}.Policy())
}

// issuer names the deployment.
const issuer = "dev.countersign.localhost"

// newKey returns a fresh Ed25519 key pair in PEM.
func newKey() (private, public []byte, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if private, err = audit.EncodePrivateKey(key); err != nil {
		return nil, nil, err
	}
	public, err = audit.EncodePublicKey(pub)
	return private, public, err
}

func (s *Stack) writeConfig() error {
	if err := s.writeChart(); err != nil {
		return err
	}
	checker := s.Accounts.Checker
	text := "# Written by `countersign dev`; a configuration like any other.\n"
	for _, kv := range [][2]string{
		{"TEMPORAL_ADDRESS", s.TemporalAddr}, {"TEMPORAL_NAMESPACE", Namespace},
		{"COUNTERSIGN_LISTEN", s.IngressAddr}, {"COUNTERSIGN_INGRESS_URL", "http://" + s.IngressAddr},
		{"COUNTERSIGN_CHAINS_EVERY", "250ms"}, {"COUNTERSIGN_LISTS_EVERY", "2s"},
		{"COUNTERSIGN_WEBHOOK_SECRET_FILE", s.path("webhook.secret")},
		{"COUNTERSIGN_DFNS_URL", s.Platform.BaseURL},
		{"COUNTERSIGN_DFNS_TOKEN_FILE", s.path("checker.token")},
		{"COUNTERSIGN_DFNS_CREDENTIAL_ID", checker.CredentialID},
		{"COUNTERSIGN_DFNS_KEY_FILE", s.path("checker.pem")},
		{"COUNTERSIGN_DFNS_USER_ID", checker.UserID},
		{"COUNTERSIGN_MAKER_TOKEN_FILE", s.path("maker.token")},
		{"COUNTERSIGN_MAKER_CREDENTIAL_ID", s.Accounts.Maker.CredentialID},
		{"COUNTERSIGN_MAKER_KEY_FILE", s.path("maker.pem")},
		{"COUNTERSIGN_MAKER_USER_ID", s.Accounts.Maker.UserID},
		{"COUNTERSIGN_CHART_FILE", s.path("chart.json")},
		{"COUNTERSIGN_DATABASE", s.path("countersign.db")},
		{"COUNTERSIGN_SIGNING_KEY", s.path("signing.pem")},
		{"COUNTERSIGN_PUBLIC_KEY_FILE", s.path("signing.pub.pem")},
		{"COUNTERSIGN_LOG_KEY", s.path("log.pem")}, {"COUNTERSIGN_ANCHORS", "file:" + s.path("anchor")},
		{"COUNTERSIGN_ISSUER", issuer}, {"COUNTERSIGN_POLICY_FILE", s.path("trail.policy")},
		{"COUNTERSIGN_BOOK_FILE", s.path("book.json")}, {"COUNTERSIGN_NODES_FILE", s.path("nodes.json")},
	} {
		text += kv[0] + "=" + kv[1] + "\n"
	}
	if s.ReconcileEvery > 0 {
		text += "COUNTERSIGN_RECONCILE_EVERY=" + s.ReconcileEvery.String() + "\n"
	}
	return s.write("countersign.env", []byte(text))
}
