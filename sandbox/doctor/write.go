package doctor

import (
	"errors"
	"fmt"
	"net/http"
)

// recipient gets nothing: no transfer to it is let go.
const recipient = "0x00000000000000000000000000000000DeaDBeef"

type body = map[string]any

// writeChecks are about what changes something. Each makes a wallet of its own, so that it
// asks nothing of those that are used.
func writeChecks() []Check {
	checks := []Check{
		{Name: "wallet.create", Expected: "a wallet is made with 200, not 201, active, as it was asked for", run: func(p *probe) error {
			v, err := p.newWallet()
			if err != nil {
				return err
			}
			again, err := p.reads("/wallets/" + v["id"].(string))
			return errors.Join(err, isWallet(v), equal(v, "network", p.Network), equal(v, "tags", []string{"doctor"}), equal(again, "name", "sandbox doctor"))
		}},
		{Name: "wallet.create-network", Expected: "a wallet without network is 400", run: badBody("/wallets", body{"name": "sandbox doctor"})},
		{Name: "wallet.create-unknown-network", Expected: "a wallet on a network that is none of DFNS's is 400", run: badBody("/wallets", body{"network": "Atlantis", "name": "sandbox doctor"})},
		{Name: "wallet.create-strict", Expected: "a wallet with an unknown member is 400", run: func(p *probe) error {
			return badBody("/wallets", body{"network": p.Network, "colour": "blue"})(p)
		}},
		{Name: "wallet.tags", Expected: "tags are added and removed, both with {}", run: tags},
		{Name: "policy.create", Expected: "a policy is made active, and archived by DELETE", run: policyLife},
		{Name: "policy.create-status", Expected: "a policy whose body has a status is 400", run: badBody("/v2/policies", with(block(noWallet), "status", "Active"))},
		{Name: "policy.create-quorum", Expected: "a quorum of 0 is 400", run: badBody("/v2/policies", request(noWallet, 0))},
		{Name: "policy.block", Expected: "a transfer that a policy blocks is 200 with status Rejected", run: blocked},
		{Name: "approval.pending", Expected: "a transfer that needs approval is 200, not 202, Pending, with approvalId", run: pending},
		{Name: "approval.self", Expected: "the initiator's approval is 403", run: selfApproval},
		{Name: "approval.value", Expected: "a decision other than Approved or Denied is 400", run: badDecision},
		{Name: "approval.denied", Expected: "one denial, the initiator's too, denies the approval and rejects the transfer", run: denied},
		{Name: "approval.resolved", Expected: "a decision on a resolved approval is refused", run: resolved},
		{Name: "external-id.same", Expected: "the same externalId and terms return the first transfer, also after its end", run: sameTerms},
		{Name: "external-id.other", Expected: "the same externalId with other terms is 409 with details.duplicate", run: otherTerms},
		{Name: "transfer.amount", Expected: "an amount that is no whole number is 400", run: func(p *probe) error {
			return p.badTransfer(body{"kind": "Native", "to": recipient, "amount": "1.5"})
		}},
		{Name: "transfer.strict", Expected: "a transfer with an unknown member is 400", run: func(p *probe) error {
			return p.badTransfer(body{"kind": "Native", "to": recipient, "amount": "1", "network": p.Network})
		}},
	}
	checks = append(checks, webhookChecks()...)
	for i := range checks {
		checks[i].Write = true
	}
	return checks
}

func badBody(path string, b body) func(*probe) error {
	return func(p *probe) error {
		a, err := p.call(http.MethodPost, path, b)
		if err == nil && a.Status == http.StatusOK { // it was made after all
			p.forget(path, a.Body)
		}
		return refused("POST "+path, a, err, http.StatusBadRequest)
	}
}

func with(b body, name string, value any) body { b[name] = value; return b }

func (p *probe) newWallet() (body, error) {
	v, err := p.makes(http.MethodPost, "/wallets", body{"network": p.Network, "name": "sandbox doctor", "tags": []string{"doctor"}})
	if err == nil {
		err = has(v, "id string")
	}
	return v, err
}

func tags(p *probe) error {
	w, err := p.newWallet()
	if err != nil {
		return err
	}
	path := "/wallets/" + w["id"].(string)
	added, err1 := p.makes(http.MethodPut, path+"/tags", body{"tags": []string{"one", "two"}})
	removed, err2 := p.makes(http.MethodDelete, path+"/tags", body{"tags": []string{"one", "doctor"}})
	after, err3 := p.reads(path)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if len(added)+len(removed) > 0 {
		return fmt.Errorf("the answers are %s and %s, want {} and {}", encode(added), encode(removed))
	}
	return equal(after, "tags", []string{"two"})
}

// block is a policy that lets nothing out of a wallet.
func block(wallet string) body {
	return body{"name": "sandbox doctor", "activityKind": "Wallets:Sign", "rule": body{"kind": "AlwaysTrigger", "configuration": body{}},
		"action": body{"kind": "Block"}, "filters": body{"walletId": body{"in": []string{wallet}}}}
}

// request is a policy that asks any human before anything leaves a wallet.
func request(wallet string, quorum int) body {
	return with(block(wallet), "action", body{"kind": "RequestApproval", "autoRejectTimeout": 60,
		"approvalGroups": []body{{"quorum": quorum, "approvers": body{}}}})
}

// governed makes a wallet under a policy that is archived in the end.
func (p *probe) governed(policy func(wallet string) body) (wallet string, made body, err error) {
	w, err := p.newWallet()
	if err != nil {
		return "", nil, err
	}
	wallet = w["id"].(string)
	made, err = p.makes(http.MethodPost, "/v2/policies", policy(wallet))
	if err == nil {
		err = has(made, "id string")
	}
	if err != nil {
		return "", nil, err
	}
	p.later(http.MethodDelete, "/v2/policies/"+made["id"].(string))
	return wallet, made, nil
}

func policyLife(p *probe) error {
	wallet, made, err := p.governed(block)
	if err != nil {
		return err
	}
	path := "/v2/policies/" + made["id"].(string)
	got, err := p.reads(path)
	if err != nil {
		return err
	}
	if err := errors.Join(equal(made, "status", "Active"), equal(got, "filters.walletId.in", []string{wallet}), equal(got, "rule.kind", "AlwaysTrigger")); err != nil {
		return err
	}
	gone, err := p.makes(http.MethodDelete, path, body{})
	if err != nil {
		return err
	}
	p.made = nil
	return equal(gone, "status", "Archived")
}
