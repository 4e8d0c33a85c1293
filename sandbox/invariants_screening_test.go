package sandbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"pgregory.net/rapid"

	"countersign/sandbox/facts"
)

// said is what the providers know of whom the wallet pays, and of who pays it.
var said = map[string]string{
	"clean":    `{}`,
	"accepted": `{"notabene":{"status":"Accepted"}}`,
	"mild":     `{"chainalysis":{"alerts":[{"level":"LOW","categoryId":3}]},"elliptic":{"riskScore":1},"globalLedger":{"riskScore":5}}`,
	"bad":      `{"chainalysis":{"alerts":[{"level":"SEVERE","categoryId":3}]},"elliptic":{"riskScore":9},"globalLedger":{"riskScore":80}}`,
	"unable":   `{"chainalysis":{"unable":"Failure"},"elliptic":{"unable":"Failure"},"globalLedger":{"unable":"Failure"}}`,
	"broken":   `{`, // as the whole file
}

// screens are the rules that screen what goes out, each with how it takes a failure.
func screens(skip bool) []string {
	return []string{
		fmt.Sprintf(`ChainalysisTransactionPrescreening {"alerts":{"alertLevel":"HIGH","categoryIds":[]},"exposures":{"direct":{"categoryIds":[]}},`+
			`"addresses":{"categoryIds":[]},"fallbackBehaviours":{"skipUnscreenableTransaction":false,"skipUnsupportedNetwork":false,`+
			`"skipUnsupportedAsset":false,"skipChainalysisFailure":%t}}`, skip),
		fmt.Sprintf(`EllipticTransactionPrescreening {"riskScoreThreshold":7.5,"triggeredRules":{"ruleIds":[],"categories":[]},`+
			`"fallbackBehaviours":{"skipUnscreenableTransaction":false,"skipUnsupportedNetwork":false,"skipEllipticFailure":%t}}`, skip),
		fmt.Sprintf(`GlobalLedgerTransactionPrescreening {"riskScoreThreshold":70,"fallbackBehaviours":{"skipUnscreenableTransaction":false,`+
			`"skipUnsupportedNetwork":false,"skipUnsupportedAsset":false,"skipGlobalLedgerFailure":%t}}`, skip),
	}
}

// policy makes a policy of any rule on the wallet.
func (m *model) policy(r *rapid.T) {
	skip := rapid.Bool().Draw(r, "skips failures")
	judging := screens(skip)
	rule := rapid.SampledFrom(append([]string{`AlwaysTrigger {}`, `TransactionAmountLimit {"limit":5e-15,"currency":"USD"}`,
		`TransactionAmountVelocity {"limit":8e-15,"currency":"USD","timeframe":5}`, `TransactionCountVelocity {"limit":2,"timeframe":5}`,
		`TransactionRecipientWhitelist {"addresses":["` + recipient + `"]}`, `TravelRuleTransactionPrescreening {"vendor":"Notabene","autoTriggerTimeoutSeconds":1}`,
		`TransactionAmountLimitNominal {"assets":[{"network":"EthereumSepolia","tid":"native:eth","limit":"2"}]}`}, judging...)).Draw(r, "rule")
	var kind, configuration string
	fmt.Sscanf(rule, "%s %s", &kind, &configuration) //nolint:errcheck // of this form
	actionKind := rapid.SampledFrom(actions).Draw(r, "action")
	action, groups := m.action(r, actionKind)
	a := m.w.admin.post("/v2/policies", map[string]any{"name": "first", "activityKind": "Wallets:Sign", "action": action,
		"rule":    map[string]any{"kind": kind, "configuration": raw(configuration)},
		"filters": map[string]any{"walletId": map[string]any{"in": []string{m.wallet}}}})
	if a.Status == 400 {
		r.Skip("a quorum that cannot be reached")
	}
	p := rules{kind == "AlwaysTrigger", actionKind, groups, nil}
	if slices.Contains(judging, rule) {
		if p.on = []string{"bad"}; !skip {
			p.on = append(p.on, "unable", "broken")
		}
	}
	id := into[entity](m.w.t, a, 200).ID
	m.rules[id] = p
	m.names[id] = map[string]string{"first": ""}
}

// govern makes a policy under which others than the initiator approve everything.
func (m *model) govern(quorum int) {
	groups := []map[string]any{{"quorum": quorum, "approvers": map[string]any{}, "initiatorCanApprove": false, "serviceAccountsCanApprove": false}}
	id := m.w.policyWith(ask(0, groups...), map[string]any{"walletId": map[string]any{"in": []string{m.wallet}}})
	m.rules[id] = rules{true, "RequestApproval", groups, nil}
	m.names[id] = map[string]string{"p": ""}
}

// met are the policies as a request of now meets them. What screens triggers on what it
// cannot read, too.
func (m *model) met(readable bool) map[string]rules {
	met := map[string]rules{}
	for id, p := range m.rules {
		p.always = p.always || p.on != nil && (!readable || slices.Contains(p.on, m.verdict))
		met[id] = p
	}
	return met
}

// judge has the providers think otherwise.
func (m *model) judge(r *rapid.T) {
	m.know(rapid.SampledFrom([]string{"clean", "accepted", "mild", "bad", "bad", "unable", "broken"}).Draw(r, "verdict"))
}

func (m *model) know(verdict string) {
	text := `{"addresses":{"` + recipient + `":` + said[verdict] + `,"` + m.outside + `":` + said[verdict] + `}}`
	if verdict == "broken" {
		text = said[verdict]
	}
	if err := os.WriteFile(filepath.Join(m.w.dir, facts.VerdictsFile), []byte(text), 0o600); err != nil {
		m.w.t.Fatal(err)
	}
	m.verdict = verdict
}

// watch has what comes in screened, once. Nothing can be done about it.
func (m *model) watch(r *rapid.T) {
	if m.watched {
		r.Skip("it is")
	}
	m.watched = true
	into[governed](m.w.t, m.w.admin.post("/v2/policies", screening(map[string]any{"walletId": map[string]any{"in": []string{m.wallet}}})), 200)
}
