package doctor_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/cmd/countersign/doctor"
)

var accountRows = []row{
	{"delegated", "wallet.delegated", answers("/wallets", strings.Replace(treasury, `"publicKey":"02"`, `"delegatedTo":"us-end"`, 1)), doctor.Failed, "us-end"},
	{"not custodial", "wallet.delegated", answers("/wallets", strings.Replace(treasury, `"custodial":true`, `"custodial":false`, 1)), doctor.Failed, "wa-1"},
	{"not said", "wallet.delegated", answers("/wallets", strings.Replace(treasury, `"custodial":true,`, ``, 1)), doctor.Unknown, "wa-1"},
	{"archived", "wallet.delegated", answers("/wallets", treasury+`,{"id":"wa-2","status":"Archived","custodial":false}`), doctor.OK, ""},
	{"none", "wallet.delegated", answers("/wallets", ""), doctor.Unknown, "no wallet"},

	{"too much", "account.self", self(`"Wallets:Read"`, `"Webhooks:Update"`), doctor.Warning, "Webhooks:Update"},
	{"a maker", "account.self", self(`"Wallets:Read"`, `"Wallets:Transfers:Create"`), doctor.Failed, "Wallets:Transfers:Create"},
	{"a maker by a name of 2024", "account.self", self(`"Wallets:Read"`, `"Wallets:TransferAsset"`), doctor.Failed, "Wallets:TransferAsset"},
	{"no vote", "account.self", self(`"Policies:Approvals:Approve",`, ``), doctor.Failed, "lacks"},
	{"the vote by its newer name", "account.self", self(`"Policies:Approvals:Approve"`, `"Policies:Evaluations:Vote"`), doctor.OK, ""},
	{"operations that only the permission tells", "account.self", both(self(`,"operations":["Policies:Approvals:Read","Policies:Approvals:Approve","Wallets:Read"]`, ``),
		answers("/permissions", `{"id":"pm-1","operations":["Policies:Evaluations:Vote","Policies:Create"]}`)), doctor.Failed, "Policies:Create"},
	{"operations that nobody tells", "account.self", both(self(`,"operations":["Policies:Approvals:Read","Policies:Approvals:Approve","Wallets:Read"]`, ``), refuses("/permissions", 403)), doctor.Unknown, "Permissions:Read"},
	{"a permission that is not listed", "account.self", self(`"pm-1","assignmentId":"as-1","operations":["Policies:Approvals:Read","Policies:Approvals:Approve","Wallets:Read"]`, `"pm-2"`), doctor.Unknown, "pm-2"},
	{"no assignment, where there are permissions", "account.self", self(ourRole, ``), doctor.Failed, "lacks"},
	{"no assignment, where nobody tells of permissions", "account.self", both(self(ourRole, ``), refuses("/permissions", 501)), doctor.Unknown, "Permissions:Read"},
	{"a right of the token alone", "account.self", self(`"permissionAssignments":[]}`, `"permissionAssignments":[{"permissionId":"pm-9","operations":["Auth:Users:Create"]}]}`), doctor.Failed, "Auth:Users:Create"},

	{"another account makes and approves", "account.duties", another(`["Policies:Evaluations:Vote","Wallets:Create"]`, true), doctor.Failed, "us-other"},
	{"another account only makes", "account.duties", another(`["Policies:Evaluations:Read","Wallets:Create","Permissions:Create"]`, true), doctor.OK, ""},
	{"an account that is switched off", "account.duties", another(`["Policies:Evaluations:Vote","Wallets:Create"]`, false), doctor.OK, ""},
	{"creating a webhook moves nothing", "account.duties", another(`["Policies:Evaluations:Vote","Webhooks:Create"]`, true), doctor.OK, ""},
	{"nobody tells what another may", "account.duties", both(another(`null`, true), refuses("/permissions", 403)), doctor.Unknown, "Permissions:Read"},
	{"no service account", "account.duties", answers("/auth/service-accounts", ``), doctor.Unknown, "we are one"},

	{"no webhook", "webhook.pending", answers("/webhooks", ""), doctor.Failed, "no webhook"},
	{"a webhook for other things", "webhook.pending", answers("/webhooks", `{"id":"wh-1","status":"Enabled","events":["wallet.created"]}`), doctor.Failed, "no webhook"},
	{"switched off", "webhook.pending", answers("/webhooks", `{"id":"wh-1","status":"Disabled","events":["*"]}`), doctor.Failed, "wh-1 is Disabled"},
	{"for everything", "webhook.pending", answers("/webhooks", `{"id":"wh-0","status":"Disabled","events":["*"]},{"id":"wh-1","status":"Enabled","events":["*"]}`), doctor.OK, "wh-1"},
}

// self changes what the platform says of our account.
func self(old, with string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		text := bot(w.key, ourRole)
		if !strings.Contains(text, old) {
			w.t.Fatalf("no %s in %s", old, text)
		}
		text = strings.Replace(text, old, with, 1)
		w.answer["/auth/service-accounts/us-bot"] = json.RawMessage(text)
	}
}

// another adds a service account with the given operations.
func another(operations string, active bool) func(*world) {
	return func(w *world) {
		text := `{"userInfo":{"userId":"us-other","name":"other","isActive":true,"permissionAssignments":[{"permissionId":"pm-7","operations":` + operations + `}]},"accessTokens":[]}`
		if !active {
			text = strings.Replace(text, `"isActive":true`, `"isActive":false`, 1)
		}
		w.answer["/auth/service-accounts"] = list(bot(w.key, ourRole) + "," + text)
	}
}

var credentialRows = []row{
	{"expired", "token.expiry", token(now.Add(-time.Second)), doctor.Failed, "expired"},
	{"expires now", "token.expiry", token(now), doctor.Failed, "expired"},
	{"expires soon", "token.expiry", token(now.Add(29 * 24 * time.Hour)), doctor.Warning, "expires at 2026-05-30"},
	{"refused by the platform", "token.expiry", refuses("/v2/policies", 401), doctor.Failed, "refuses"},
	{"no JWT", "token.expiry", func(w *world) { w.write("token", "opaque") }, doctor.Unknown, "no JWT"},
	{"no end", "token.expiry", func(w *world) { w.write("token", jwt(0)) }, doctor.Unknown, "no exp"},

	{"the account is switched off", "credential.active", self(`"isActive":true`, `"isActive":false`), doctor.Failed, "us-bot is not active"},
	{"the credential is switched off", "credential.active", self(`"credId":"cr-1","isActive":true`, `"credId":"cr-1","isActive":false`), doctor.Failed, "cr-1 is not active"},
	{"another credential", "credential.active", self(`"cr-1"`, `"cr-2"`), doctor.Failed, "has no credential cr-1"},
	{"no credential is named", "credential.active", self(`"cr-1"`, `""`), doctor.Unknown, "names no credential"},
	{"another key", "credential.active", func(w *world) {
		_, other, _ := ed25519.GenerateKey(nil)
		w.answer["/auth/service-accounts/us-bot"] = json.RawMessage(bot(other, ourRole))
	}, doctor.Failed, "another public key"},
	{"a key that cannot be read", "credential.active", self(`-----BEGIN`, `-----END`), doctor.Unknown, "cannot be read"},
	{"no such account", "credential.active", refuses("/auth/service-accounts/us-bot", 404), doctor.Failed, "knows no service account"},
	{"another account is told of", "credential.active", self(`"us-bot"`, `"us-other"`), doctor.Unknown, "us-other"},

	{"a signature that is refused", "credential.signs", func(w *world) { _, w.key, _ = ed25519.GenerateKey(nil) }, doctor.Failed, "refuses what our key signs"},
	{"a credential that the challenge does not allow", "credential.signs", func(w *world) { w.app.Config.DFNS.CredentialID = "cr-9" }, doctor.Failed, "cr-9"},
	{"a challenge that is refused", "credential.signs", refuses("/auth/action/init", 401), doctor.Failed, "refuses"},
	{"a signing service that is broken", "credential.signs", refuses("/auth/action", 500), doctor.Unknown, "500"},
	{"a signing service that is not there", "credential.signs", refuses("/auth/action/init", 501), doctor.Unknown, "501"},

	{"our clock is ahead", "clock.skew", dated(-40 * time.Second), doctor.Warning, "ahead"},
	{"our clock is behind", "clock.skew", dated(40 * time.Second), doctor.Warning, "behind"},
	{"within what is allowed", "clock.skew", dated(15 * time.Second), doctor.OK, ""},
	{"a refusal has a date too", "clock.skew", both(dated(-time.Hour), refuses("/wallets", 403)), doctor.Warning, "ahead"},
	{"no date", "clock.skew", func(w *world) { w.date = func() string { return "yesterday" } }, doctor.Unknown, "no Date"},
}

func token(end time.Time) func(*world) {
	return func(w *world) { w.write("token", jwt(end.Unix())) }
}

// dated sets the platform's clock off ours.
func dated(by time.Duration) func(*world) {
	return func(w *world) {
		w.date = func() string { return time.Now().Add(by).UTC().Format(http.TimeFormat) }
	}
}

var localRows = []row{
	{"another chain", "nodes.answer", func(w *world) { w.chain = "0x2" }, doctor.Failed, "Ethereum: "},
	{"nobody answers", "nodes.answer", func(w *world) {
		w.write("nodes.json", `{"Ethereum":{"url":"http://127.0.0.1:1/key","chain_id":1}}`)
	}, doctor.Failed, "Ethereum: "},
	{"a file that is none", "nodes.answer", func(w *world) { w.write("nodes.json", `{"Ethereum":{"link":1}}`) }, doctor.Failed, "COUNTERSIGN_NODES_FILE"},
	{"a file without nodes", "nodes.answer", func(w *world) { w.write("nodes.json", `{}`) }, doctor.Warning, "no node"},
	{"no file", "nodes.answer", func(w *world) { w.app.Config.Rules.NodesFile = "" }, doctor.OK, "not set"},

	{"a stale list", "screening.lists", func(w *world) {
		old := time.Now().Add(-48 * time.Hour)
		if err := os.Chtimes(filepath.Join(w.dir, "own.txt"), old, old); err != nil {
			w.t.Fatal(err)
		}
	}, doctor.Failed, "own: "},
	{"a list that cannot be read", "screening.lists", func(w *world) { w.write("own.txt", "no address\n") }, doctor.Failed, "own: "},
	{"a file with a mistake", "screening.lists", func(w *world) { w.write("screening.json", `{"list":[]}`) }, doctor.Failed, "COUNTERSIGN_SCREENING_FILE"},
	{"nothing is screened", "screening.lists", func(w *world) { w.app.Config.Rules.ScreeningFile = "" }, doctor.OK, "not set"},

	{"a copy of the custodian's key", "key.separate", func(w *world) { w.write("signing.pem", private(w.key)) }, doctor.Failed, "custodian's key"},
	{"the custodian's key for checkpoints", "key.separate", func(w *world) { w.write("log.pem", private(w.key)) }, doctor.Failed, "COUNTERSIGN_LOG_KEY"},
	{"one key for records and checkpoints", "key.separate", func(w *world) { w.copy("signing.pem", "log.pem") }, doctor.Failed, "signs records"},
	{"a signing key that is none", "key.separate", func(w *world) { w.write("signing.pem", "x") }, doctor.Failed, "cannot be used"},

	{"a file of identities that is none", "people.self", func(w *world) { w.write("people.json", `{"groups":{"x":["us-1"]}}`) }, doctor.Failed, "cannot be used"},
	{"one that does not name us", "people.self", func(w *world) { w.write("people.json", `{"groups":{"x":["us-1","us-2"]}}`) }, doctor.Warning, "us-bot"},
	{"no file of identities", "people.self", func(w *world) { w.app.Config.Rules.PeopleFile = "" }, doctor.Warning, "not set"},
}
