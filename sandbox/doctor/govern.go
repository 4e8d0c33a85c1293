package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"countersign/sandbox/dfns"
)

func payment() body { return body{"kind": "Native", "to": recipient, "amount": "1"} }

func blocked(p *probe) error {
	wallet, _, err := p.governed(block)
	if err != nil {
		return err
	}
	v, err := p.makes(http.MethodPost, "/wallets/"+wallet+"/transfers", payment())
	return errors.Join(err, equal(v, "status", "Rejected"), hasNot(v, "txHash"))
}

// waiting makes a transfer that waits for approval. It is denied in the end, so that it can
// never leave.
func (p *probe) waiting(b body) (transfer body, decisions string, err error) {
	wallet, _, err := p.governed(func(wallet string) body { return request(wallet, 1) })
	if err != nil {
		return nil, "", err
	}
	transfer, err = p.makes(http.MethodPost, "/wallets/"+wallet+"/transfers", b)
	if err == nil {
		err = errors.Join(has(transfer, "id string", "approvalId string", "walletId string"), equal(transfer, "status", "Pending"))
	}
	if err != nil {
		return nil, "", err
	}
	return transfer, fmt.Sprintf("/v2/policy-approvals/%s/decisions", transfer["approvalId"]), nil
}

func pending(p *probe) error {
	v, decisions, err := p.waiting(payment())
	if err != nil {
		return err
	}
	approval, err := p.reads("/v2/policy-approvals/" + v["approvalId"].(string))
	return errors.Join(err, hasNot(v, "txHash"),
		has(approval, "initiatorId string", "expirationDate date", "dateUpdated date", "policyEvaluations array", "decisions array"),
		equal(approval, "status", "Pending"), equal(approval, "activity.kind", "Wallets:Sign"),
		equal(approval, "activity.transferRequest.id", v["id"]), p.deny(decisions))
}

func (p *probe) deny(decisions string) error {
	a, err := p.call(http.MethodPost, decisions, body{"value": "Denied", "reason": "asked by sandbox doctor"})
	return status("POST "+decisions, a, err, http.StatusOK)
}

func selfApproval(p *probe) error {
	_, decisions, err := p.waiting(payment())
	if err != nil {
		return err
	}
	a, err := p.call(http.MethodPost, decisions, body{"value": "Approved"})
	return errors.Join(refused("POST "+decisions, a, err, http.StatusForbidden), p.deny(decisions))
}

func badDecision(p *probe) error {
	_, decisions, err := p.waiting(payment())
	if err != nil {
		return err
	}
	a, err := p.call(http.MethodPost, decisions, body{"value": "Abstain"})
	return errors.Join(refused("POST "+decisions, a, err, http.StatusBadRequest), p.deny(decisions))
}

func denied(p *probe) error {
	v, decisions, err := p.waiting(payment())
	if err != nil {
		return err
	}
	approval, err := p.makes(http.MethodPost, decisions, body{"value": "Denied", "reason": "asked by sandbox doctor"})
	if err != nil {
		return err
	}
	after, err := p.reads(fmt.Sprintf("/wallets/%s/transfers/%s", v["walletId"], v["id"]))
	return errors.Join(err, equal(approval, "status", "Denied"), has(approval, "dateResolved date"),
		equal(after, "status", "Rejected"), has(after, "datePolicyResolved date"), hasNot(after, "txHash"))
}

func resolved(p *probe) error {
	_, decisions, err := p.waiting(payment())
	if err != nil {
		return err
	}
	if err := p.deny(decisions); err != nil {
		return err
	}
	a, err := p.call(http.MethodPost, decisions, body{"value": "Denied"})
	return refused("POST "+decisions+" again", a, err, 400, 403, 409, 412, 422)
}

// fresh is an externalId that was never used.
func fresh() string { return "doctor-" + dfns.Random("abcdefghijklmnopqrstuvwxyz0123456789", 20) }

func sameTerms(p *probe) error {
	b := with(payment(), "externalId", fresh())
	v, decisions, err := p.waiting(b)
	if err != nil {
		return err
	}
	path := "/wallets/" + v["walletId"].(string) + "/transfers"
	again, err := p.makes(http.MethodPost, path, b)
	if err := errors.Join(err, equal(again, "id", v["id"]), p.deny(decisions)); err != nil {
		return err
	}
	ended, err := p.makes(http.MethodPost, path, b)
	return errors.Join(err, equal(ended, "id", v["id"]), equal(ended, "status", "Rejected"))
}

func otherTerms(p *probe) error {
	b := with(payment(), "externalId", fresh())
	v, decisions, err := p.waiting(b)
	if err != nil {
		return err
	}
	path := "/wallets/" + v["walletId"].(string) + "/transfers"
	a, err := p.call(http.MethodPost, path, with(b, "amount", "2"))
	if err := errors.Join(refused("POST "+path, a, err, http.StatusConflict), p.deny(decisions)); err != nil {
		return err
	}
	var out map[string]any
	if err := json.Unmarshal(a.Body, &out); err != nil {
		return err
	}
	return errors.Join(equal(out, "error.details.duplicate.id", v["id"]), equal(out, "error.details.duplicate.externalId", b["externalId"]))
}

// badTransfer asks for a transfer that must be 400, out of a wallet that lets nothing out.
func (p *probe) badTransfer(b body) error {
	wallet, _, err := p.governed(block)
	if err != nil {
		return err
	}
	a, err := p.call(http.MethodPost, "/wallets/"+wallet+"/transfers", b)
	return refused("POST /wallets/"+wallet+"/transfers", a, err, http.StatusBadRequest)
}

// forget removes what should not have been made.
func (p *probe) forget(path string, answer []byte) {
	var v struct{ ID string }
	if json.Unmarshal(answer, &v) == nil && v.ID != "" && path != "/wallets" { // a wallet cannot be removed
		p.later(http.MethodDelete, path+"/"+v.ID)
	}
}
