package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/cmd/countersign/doctor"
)

// A row changes the organisation that is in order, and says what one check then finds.
type row struct {
	name, id string
	change   func(*world)
	result   doctor.Result
	want     string // in what was found, or in one of its items
}

// signing puts the policy on Wallets:Sign with a part replaced, and the guards.
func signing(old, with string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if !strings.Contains(signAll, old) {
			w.t.Fatalf("no %s in the policy", old)
		}
		w.answer["/v2/policies"] = list(strings.Replace(signAll, old, with, 1) + "," + guards)
	}
}

func guarding(old, with string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if !strings.Contains(guards, old) {
			w.t.Fatalf("no %s in the guards", old)
		}
		w.answer["/v2/policies"] = list(signAll + "," + strings.Replace(guards, old, with, 1))
	}
}

func answers(path, items string) func(*world) {
	return func(w *world) { w.answer[path] = list(items) }
}

func both(changes ...func(*world)) func(*world) {
	return func(w *world) {
		for _, c := range changes {
			c(w)
		}
	}
}

func refuses(path string, code int) func(*world) { return func(w *world) { w.status[path] = code } }

const (
	always    = `"rule":{"kind":"AlwaysTrigger","configuration":{}}`
	limit     = `"rule":{"kind":"TransactionAmountLimit","configuration":{"limit":1,"currency":"USD"}}`
	desk      = `"approvers":{"userId":{"in":["us-bot","us-alice"]}}`
	endOfSign = `"serviceAccountsCanApprove":true}]}}`
)

func filters(f string) func(*world) {
	return signing(endOfSign, strings.TrimSuffix(endOfSign, "}")+`,"filters":`+f+`}`)
}

var policyRows = []row{
	{"no policy", "policy.sign", answers("/v2/policies", ""), doctor.Failed, "no active policy"},
	{"an archived policy is none", "policy.sign", signing(`"Active"`, `"Archived"`), doctor.Failed, "no active policy"},
	{"NoAction asks nobody", "policy.sign", signing(`"RequestApproval"`, `"NoAction"`), doctor.Failed, "plc-sign"},
	{"an action that we do not know asks nobody", "policy.sign", signing(`"RequestApproval"`, `"AutoApprove"`), doctor.Failed, "no active policy"},
	{"a block holds too", "policy.sign", signing(`"RequestApproval"`, `"Block"`), doctor.OK, ""},

	{"no policy covers nothing, whatever the wallets are", "policy.coverage", both(answers("/v2/policies", guards), refuses("/wallets", 403)), doctor.Failed, "no wallet is covered"},
	{"one policy over everything needs no list of wallets", "policy.coverage", refuses("/wallets", 403), doctor.OK, "plc-sign"},
	{"an empty list of recipients triggers always", "policy.coverage", signing(always, `"rule":{"kind":"TransactionRecipientWhitelist","configuration":{"addresses":[]}}`), doctor.OK, ""},
	{"a list of recipients lets them pass", "policy.coverage", signing(always, `"rule":{"kind":"TransactionRecipientWhitelist","configuration":{"addresses":["0x1"]}}`), doctor.Warning, "TransactionRecipientWhitelist"},
	{"a limit lets small amounts pass", "policy.coverage", signing(always, limit), doctor.Warning, "wa-1"},
	{"AlwaysTrigger with something to configure is not known", "policy.coverage", signing(`"configuration":{}`, `"configuration":{"unless":1}`), doctor.Warning, "wa-1"},
	{"another wallet's filter", "policy.coverage", filters(`{"walletId":{"in":["wa-2"]}}`), doctor.Failed, `wa-1 "Treasury" on Ethereum: covered by no policy`},
	{"a filter that covers today's wallets", "policy.coverage", filters(`{"walletId":{"in":["wa-1"]}}`), doctor.Warning, "a new one"},
	{"a tag that the wallet has", "policy.coverage", filters(`{"walletTags":{"hasAny":["hot","cold"],"hasAll":["hot"]}}`), doctor.Warning, "a new one"},
	{"a tag that the wallet lacks", "policy.coverage", filters(`{"walletTags":{"hasAll":["hot","cold"]}}`), doctor.Failed, "wa-1"},
	{"the wallet and not the tag", "policy.coverage", filters(`{"walletId":{"in":["wa-1"]},"walletTags":{"hasAny":["cold"]}}`), doctor.Failed, "wa-1"},
	{"a filter that we do not know", "policy.coverage", filters(`{"walletNetwork":{"in":["Ethereum"]}}`), doctor.Unknown, "plc-sign"},
	{"an empty filter means nobody knows what", "policy.coverage", filters(`{"walletId":{"in":[]}}`), doctor.Unknown, "plc-sign"},
	{"empty tags mean nobody knows what", "policy.coverage", filters(`{"walletTags":{}}`), doctor.Unknown, "plc-sign"},
	{"filters that cannot be seen through, and no wallets told", "policy.coverage", both(filters(`{"walletId":{"in":["wa-1"]}}`), refuses("/wallets", 403)), doctor.Unknown, "Wallets:Read"},
	{"no wallets and a filter", "policy.coverage", both(filters(`{"walletId":{"in":["wa-1"]}}`), answers("/wallets", "")), doctor.Unknown, "no wallet"},
	{"an archived wallet needs no policy", "policy.coverage", both(filters(`{"walletId":{"in":["wa-1"]}}`), answers("/wallets", treasury+`,{"id":"wa-2","status":"Archived","custodial":true}`)), doctor.Warning, "a new one"},
	{"another policy beside a limit", "policy.coverage", func(w *world) {
		w.answer["/v2/policies"] = list(signAll + "," + strings.Replace(signAll, always, limit, 1))
	}, doctor.OK, ""},
	{"a list with an item that reads in two ways", "policy.coverage", answers("/v2/policies", signAll+`,{"id":"plc-9","ID":"plc-8"}`), doctor.Unknown, "item 1"},

	{"NoAction", "policy.action", signing(`"RequestApproval"`, `"NoAction"`), doctor.Warning, `"NoAction"`},
	{"an action that we do not know", "policy.action", signing(`"RequestApproval"`, `"AutoApprove"`), doctor.Warning, `"AutoApprove"`},
	{"an archived one does no harm", "policy.action", func(w *world) {
		w.answer["/v2/policies"] = list(signAll + "," + strings.NewReplacer(`"RequestApproval"`, `"NoAction"`, `"Active"`, `"Archived"`).Replace(signAll))
	}, doctor.OK, ""},

	{"policies that anybody may change", "policy.change", guarding("Policies:Modify", "Registry:Addresses:Modify"), doctor.Failed, "Policies:Modify"},
	{"only one policy is guarded", "policy.change", guarding(`{"quorum":2,"approvers":{}}]}}`, `{"quorum":2,"approvers":{}}]},"filters":{"policyId":{"in":["plc-sign"]}}}`), doctor.Warning, "filters of plc-1"},
	{"permissions that anybody may assign", "permission.change", guarding("Permissions:Assign", "Permissions:Modify"), doctor.Failed, "Permissions:Assign"},
	{"permissions that anybody may change", "permission.change", guarding("Permissions:Modify", "Permissions:Assign"), doctor.Failed, "Permissions:Modify"},
	{"only one permission is guarded", "permission.change", guarding(`"filters":{}`, `"filters":{"permissionId":{"in":["pm-1"]}}`), doctor.Warning, "plc-2"},
	{"a filter of another kind", "permission.change", guarding(`"filters":{}`, `"filters":{"else":1}`), doctor.Warning, "plc-2"},
}

var groupRows = []row{
	{"the initiator may approve", "group.initiator", signing(`"initiatorCanApprove":false`, `"initiatorCanApprove":true`), doctor.Failed, `policy plc-sign "All", group "desk"`},
	{"on changes of policies too", "group.initiator", guarding(`"quorum":2,`, `"quorum":2,"initiatorCanApprove":true,`), doctor.Failed, "plc-1"},
	{"a quorum of zero", "group.quorum", signing(`"quorum":1`, `"quorum":0`), doctor.Failed, "plc-sign"},
	{"no quorum", "group.quorum", signing(`"quorum":1,`, ``), doctor.Failed, "plc-sign"},
	{"no groups", "group.quorum", guarding(`[{"quorum":2,"approvers":{}}]`, `[]`), doctor.Failed, "plc-1"},

	{"not listed", "group.member", signing(`"us-bot",`, ``), doctor.Failed, "in no group"},
	{"every human is no service account", "group.member", signing(desk, `"approvers":{}`), doctor.Failed, "in no group"},
	{"listed where no service account may vote", "group.member", signing(`"serviceAccountsCanApprove":true`, `"serviceAccountsCanApprove":false`), doctor.Failed, "can never vote"},
	{"listed, and nothing said of service accounts", "group.member", signing(`,
			"initiatorCanApprove":false,"serviceAccountsCanApprove":true`, ``), doctor.Failed, "can never vote"},
	{"approvers in a form that we do not know", "group.member", signing(desk, `"approvers":{"team":"ops"}`), doctor.Unknown, "plc-sign"},
	{"on changes of policies alone is no help", "group.member", both(signing(`"us-bot",`, ``)), doctor.Failed, "in no group"},

	{"alone", "group.people", signing(desk, `"approvers":{"userId":{"in":["us-bot"]}}`), doctor.Failed, "approves it by itself"},
	{"alone, with the list of accounts refused", "group.people", both(signing(desk, `"approvers":{"userId":{"in":["us-bot"]}}`), refuses("/auth/service-accounts", 403)), doctor.Failed, "plc-sign"},
	{"with another program", "group.people", both(signing(desk, `"approvers":{"userId":{"in":["us-bot","us-other"]}}`), func(w *world) {
		w.answer["/auth/service-accounts"] = list(bot(w.key, ourRole) + "," + strings.ReplaceAll(bot(w.key, ourRole), "us-bot", "us-other"))
	}), doctor.Failed, "plc-sign"},
	{"with somebody who may be a program", "group.people", refuses("/auth/service-accounts", 403), doctor.Unknown, "Auth:ServiceAccounts:Read"},
	{"beside a group of all people", "group.people", signing(`[{"name":"desk"`, `[{"quorum":1,"approvers":{}},{"name":"desk"`), doctor.OK, ""},
	{"alone, where another policy holds everything for people", "group.people", func(w *world) {
		alone := strings.NewReplacer(desk, `"approvers":{"userId":{"in":["us-bot"]}}`, "plc-sign", "plc-bot").Replace(signAll)
		w.answer["/v2/policies"] = list(signAll + "," + alone + "," + guards)
	}, doctor.OK, ""},
	{"alone, where another policy holds some for people", "group.people", func(w *world) {
		alone := strings.NewReplacer(desk, `"approvers":{"userId":{"in":["us-bot"]}}`, "plc-sign", "plc-bot").Replace(signAll)
		w.answer["/v2/policies"] = list(strings.Replace(signAll, always, limit, 1) + "," + alone + "," + guards)
	}, doctor.Failed, "plc-bot"},
	{"approvers in a form that we do not know, and people", "group.people", signing(desk, `"approvers":{"team":"ops"}`), doctor.Unknown, "form"},
}

func TestChecks(t *testing.T) {
	seen := map[string]bool{}
	for _, rows := range [][]row{policyRows, groupRows, accountRows, credentialRows, localRows, trailRows} {
		for _, tt := range rows {
			seen[tt.id] = seen[tt.id] || tt.result != doctor.OK
			t.Run(tt.id+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				tt.change(w)
				got := w.examine(tt.id)
				text := strings.Join(append(slices.Clone(got.Items), got.Found), "\n")
				if got.Result != tt.result || !strings.Contains(text, tt.want) {
					t.Errorf("%s %q, want %s with %q", got.Result, text, tt.result, tt.want)
				}
			})
		}
	}
	for _, id := range doctor.IDs() {
		if !seen[id] {
			t.Errorf("no row in which %s is not ok", id)
		}
	}
}
