package doctor_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign/audit"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/doctor"
	"countersign/config"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is an organisation that is in order, as far as the doctor asks. Tests change it.
type world struct {
	t      *testing.T
	app    *app.App
	dir    string
	key    ed25519.PrivateKey
	answer map[string]any // by path: what GET answers
	status map[string]int // by path: what refuses it
	date   func() string  // the Date of answers; empty leaves it to the server
	chain  string         // what the node says eth_chainId is
}

// What the organisation is made of. Tests change copies of the text.
const (
	signAll = `{"id":"plc-sign","name":"All","status":"Active","activityKind":"Wallets:Sign","rule":{"kind":"AlwaysTrigger","configuration":{}},
		"action":{"kind":"RequestApproval","autoRejectTimeout":60,"approvalGroups":[{"name":"desk","quorum":1,"approvers":{"userId":{"in":["us-bot","us-alice"]}},
			"initiatorCanApprove":false,"serviceAccountsCanApprove":true}]}}`
	guards = `{"id":"plc-1","name":"P","status":"Active","activityKind":"Policies:Modify","rule":{"kind":"AlwaysTrigger"},"action":{"kind":"RequestApproval","approvalGroups":[{"quorum":2,"approvers":{}}]}},
		{"id":"plc-2","name":"A","status":"Active","activityKind":"Permissions:Assign","rule":{"kind":"AlwaysTrigger"},"action":{"kind":"RequestApproval","approvalGroups":[{"quorum":2,"approvers":{}}]},"filters":{}},
		{"id":"plc-3","name":"M","status":"Active","activityKind":"Permissions:Modify","rule":{"kind":"AlwaysTrigger"},"action":{"kind":"Block"}},
		{"id":"plc-4","name":"In","status":"Active","activityKind":"Wallets:IncomingTransaction","rule":{"kind":"ChainalysisTransactionScreening"},"action":{"kind":"NoAction"}}`
	treasury = `{"id":"wa-1","name":"Treasury","network":"Ethereum","status":"Active","custodial":true,"tags":["hot"],"signingKey":{"id":"key-1","publicKey":"02"}}`
	ourRole  = `{"permissionName":"approver","permissionId":"pm-1","assignmentId":"as-1","operations":["Policies:Approvals:Read","Policies:Approvals:Approve","Wallets:Read"]}`
)

func list(items string) json.RawMessage { return json.RawMessage(`{"items":[` + items + `]}`) }

// bot is our service account, with the public key of k.
func bot(k ed25519.PrivateKey, role string) string {
	pem, err := audit.EncodePublicKey(k.Public().(ed25519.PublicKey))
	if err != nil {
		panic(err)
	}
	text, _ := json.Marshal(string(pem))
	return `{"userInfo":{"userId":"us-bot","name":"bot","isActive":true,"isServiceAccount":true,"permissionAssignments":[` + role + `]},
		"accessTokens":[{"tokenId":"to-1","credId":"cr-1","isActive":true,"publicKey":` + string(text) + `,"permissionAssignments":[]}]}`
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), status: map[string]int{}, date: func() string { return "" }, chain: "0x1"}
	_, w.key, _ = ed25519.GenerateKey(rand.Reader)
	w.answer = map[string]any{
		"/v2/policies":                  list(signAll + "," + guards),
		"/wallets":                      list(treasury),
		"/auth/service-accounts":        list(bot(w.key, ourRole)),
		"/auth/service-accounts/us-bot": json.RawMessage(bot(w.key, ourRole)),
		"/permissions":                  list(`{"id":"pm-1","name":"approver","operations":["Policies:Approvals:Read"]}`),
		"/webhooks":                     list(`{"id":"wh-1","url":"https://example.com","status":"Enabled","events":["wallet.created","policy.approval.pending"]}`),
	}
	api, node := httptest.NewServer(http.HandlerFunc(w.serve)), httptest.NewServer(http.HandlerFunc(w.node))
	t.Cleanup(api.Close)
	t.Cleanup(node.Close)
	_, signing, _ := ed25519.GenerateKey(rand.Reader)
	_, logKey, _ := ed25519.GenerateKey(rand.Reader)
	w.app = &app.App{Config: config.Config{
		DFNS: config.DFNS{
			BaseURL: api.URL, TokenFile: w.write("token", jwt(now.Add(365*24*time.Hour).Unix())),
			CredentialID: "cr-1", KeyFile: w.write("key.pem", private(w.key)), UserID: "us-bot",
		},
		Trail: config.Trail{SigningKeyFile: w.write("signing.pem", private(signing)), LogKey: w.write("log.pem", private(logKey)), Database: filepath.Join(w.dir, "trail.db")},
		Rules: config.Rules{
			NodesFile:     w.write("nodes.json", `{"Ethereum":{"url":"`+node.URL+`","chain_id":1}}`),
			ScreeningFile: w.write("screening.json", `{"lists":[{"name":"own","format":"text","file":"own.txt","max_age":"24h"}]}`),
			PeopleFile:    w.write("people.json", `{"groups":{"desk":["us-bot","us-owner"]}}`),
		},
	}}
	w.write("own.txt", "0x098B716B8Aaf21512996dC57EB0615e2383E2f96 listed\n")
	return w
}

func jwt(expires int64) string {
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(`{"alg":"EdDSA"}`)) + "." + b64(fmt.Appendf(nil, `{"exp":%d}`, expires)) + "." + b64([]byte("signature"))
}

func private(k ed25519.PrivateKey) string {
	text, err := audit.EncodePrivateKey(k)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (w *world) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// copy writes one of the files as another.
func (w *world) copy(from, to string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, from))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(to, string(text))
}

// serve is the platform. It takes only what our key has signed, and changes nothing but
// by a user action.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	if d := w.date(); d != "" {
		rw.Header().Set("Date", d)
	}
	body, _ := io.ReadAll(r.Body)
	if code := w.status[r.URL.Path]; code != 0 {
		refuse(rw, code)
		return
	}
	switch answer, known := w.answer[r.URL.Path]; {
	case r.Method == http.MethodPost && r.URL.Path == "/auth/action/init":
		reply(rw, json.RawMessage(`{"challenge":"Y2g","challengeIdentifier":"cid","allowCredentials":{"key":[{"type":"public-key","id":"cr-1"}]}}`))
	case r.Method == http.MethodPost && r.URL.Path == "/auth/action":
		w.action(rw, body)
	case r.Method != http.MethodGet:
		w.t.Errorf("%s %s: the doctor changes something", r.Method, r.URL.Path)
	case known:
		reply(rw, answer)
	default:
		refuse(rw, http.StatusNotImplemented)
	}
}

func (w *world) action(rw http.ResponseWriter, body []byte) {
	var in struct {
		FirstFactor struct {
			CredentialAssertion struct{ ClientData, Signature string }
		}
	}
	_ = json.Unmarshal(body, &in)
	data, _ := base64.RawURLEncoding.DecodeString(in.FirstFactor.CredentialAssertion.ClientData)
	signature, _ := base64.RawURLEncoding.DecodeString(in.FirstFactor.CredentialAssertion.Signature)
	if !ed25519.Verify(w.key.Public().(ed25519.PublicKey), data, signature) {
		refuse(rw, http.StatusForbidden)
		return
	}
	reply(rw, json.RawMessage(`{"userAction":"ua-1"}`))
}

// node is a chain's node that knows its chain only.
func (w *world) node(rw http.ResponseWriter, r *http.Request) {
	var calls []struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.NewDecoder(r.Body).Decode(&calls)
	var out []any
	for _, c := range calls {
		out = append(out, map[string]any{"jsonrpc": "2.0", "id": c.ID, "result": w.chain})
	}
	reply(rw, out)
}

func reply(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(v)
}

func refuse(rw http.ResponseWriter, code int) {
	rw.WriteHeader(code)
	fmt.Fprintf(rw, `{"error":{"id":"1","status":%d,"message":"refused by the test"}}`, code)
}

// examine returns the check that is asked for.
func (w *world) examine(id string) doctor.Check {
	w.t.Helper()
	report, err := doctor.Examine(w.t.Context(), w.app, func() time.Time { return now })
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range report.Checks {
		if c.ID == id {
			return c
		}
	}
	w.t.Fatalf("no check %s", id)
	panic("unreachable")
}
