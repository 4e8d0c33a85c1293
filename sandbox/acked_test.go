package sandbox_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
)

// others is what else is asked for under load, besides transfers, and was acknowledged.
type others struct {
	payer, saver string            // wallets: one sends transactions, the other only receives
	saverAddress string            //
	policy       string            // its changes need alice
	transactions map[string]string // by external ID
	renamed      string            // the last name that alice's approval was acknowledged for
	asked        string            // a later one, or the same
	deposits     map[string]bool   // hashes that stood in the history
	machines     []client          // service accounts, with their keys
}

const callRecipient = "0x00000000000000000000000000000000000beef2"

// prepare makes what the load needs.
func (o *others) prepare(c client) {
	o.transactions, o.deposits = map[string]string{}, map[string]bool{}
	o.payer = into[entity](c.t, c.post("/wallets", walletBody), 200).ID
	saver := into[struct{ ID, Address string }](c.t, c.post("/wallets", walletBody), 200)
	o.saver, o.saverAddress = saver.ID, saver.Address
	alice := as(c.t, c.dir, "alice")
	p := signPolicy("first")
	p["filters"] = map[string]any{"walletId": map[string]any{"in": []string{o.saver}}}
	o.policy = into[governed](c.t, c.post("/v2/policies", p), 200).ID
	o.renamed, o.asked = "first", "first"
	into[entity](c.t, c.post("/v2/policies", map[string]any{"name": "guard", "activityKind": "Policies:Modify",
		"rule": map[string]any{"kind": "AlwaysTrigger"}, "action": ask(0, group(1, alice.userID)),
		"filters": map[string]any{"policyId": map[string]any{"in": []string{o.policy}}}}), 200)
}

// pour does one of each after the other until the server dies.
func (o *others) pour(c, alice client, round int) {
	for i := 0; ; i++ {
		name := fmt.Sprintf("other-%d-%d", round, i)
		for _, step := range []func(client, client, string) error{o.transact, o.rename, o.deposit, o.hire} {
			if step(c, alice, name) != nil {
				return
			}
		}
	}
}

func (o *others) transact(c, _ client, name string) error {
	a, err := c.tryCall("/wallets/"+o.payer+"/transactions",
		fmt.Sprintf(`{"kind":"Evm","to":%q,"value":"1","externalId":%q}`, callRecipient, name))
	var e entity
	if err == nil {
		err = json.Unmarshal(a.Body, &e)
	}
	if err == nil {
		o.transactions[name] = e.ID
	}
	return err
}

// rename asks for a change and has it approved. One that a kill left pending is approved
// first, for there may be one at a time.
func (o *others) rename(c, alice client, name string) error {
	p := signPolicy(name)
	p["filters"] = map[string]any{"walletId": map[string]any{"in": []string{o.saver}}}
	a, err := c.try("GET", "/v2/policies/"+o.policy, "", nil)
	var now governed
	if err == nil {
		err = json.Unmarshal(a.Body, &now)
	}
	if err != nil {
		return err
	}
	request := now.PendingChangeRequest
	if request == nil {
		o.asked = name
		if a, err = c.tryCallBy("PUT", "/v2/policies/"+o.policy, string(encode(c.t, p)), 202); err != nil {
			return err
		}
		if err := json.Unmarshal(a.Body, &request); err != nil {
			return err
		}
	}
	if _, err = alice.tryCall("/v2/policy-approvals/"+request.ApprovalID+"/decisions", `{"value":"Approved"}`); err == nil {
		o.renamed = o.asked
	}
	return err
}

// deposit pays from outside. What was mined is acknowledged, by the history.
func (o *others) deposit(c, _ client, _ string) error {
	e, err := sandbox.ReadEnv(c.dir, "admin")
	if err != nil {
		return err
	}
	resp, err := http.Post(e.ControlURL+"/deposits", "application/json",
		strings.NewReader(`{"network":"EthereumSepolia","to":"`+o.saverAddress+`","amount":"1"}`))
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	a, err := c.try("GET", "/wallets/"+o.saver+"/history?limit=500&direction=In", "", nil)
	var page list[item]
	if err == nil {
		err = json.Unmarshal(a.Body, &page)
	}
	for _, in := range page.Items {
		o.deposits[in.TxHash] = true
	}
	return err
}

func (o *others) hire(c, _ client, name string) error {
	public, private, _ := ed25519.GenerateKey(nil)
	a, err := c.tryCall("/auth/service-accounts", string(encode(c.t, map[string]any{
		"name": name, "publicKey": publicPEM(c.t, public), "daysValid": 1})))
	var got account
	if err == nil {
		err = json.Unmarshal(a.Body, &got)
	}
	if err == nil {
		c.key, c.bearer, c.credID, c.userID = private, got.AccessTokens[0].AccessToken, got.AccessTokens[0].CredID, got.UserInfo.UserID
		o.machines = append(o.machines, c)
	}
	return err
}

// check: every acknowledged transaction is confirmed, none ran twice; the policy bears the
// last name that was approved, or a later one; deposits stand in the history once, and the
// wallet holds what it says; and the service accounts' keys still sign.
func (o *others) check(c client) {
	c.t.Helper()
	there, confirmed := map[string]string{}, 0
	for token := ""; ; {
		page := into[list[entity]](c.t, c.get("/wallets/"+o.payer+"/transactions?limit=500&paginationToken="+token), 200)
		for _, e := range page.Items {
			if there[e.ExternalID] != "" {
				c.t.Errorf("%s was made twice", e.ExternalID)
			}
			there[e.ExternalID] = e.ID
			eventually(c.t, e.ID+" is confirmed", func() bool {
				return into[entity](c.t, c.get("/wallets/"+o.payer+"/transactions/"+e.ID), 200).Status == "Confirmed"
			})
			confirmed++
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	for external, id := range o.transactions {
		if there[external] != id {
			c.t.Errorf("acknowledged %s as %s, there is %q", external, id, there[external])
		}
	}
	new(ledger).checkChain(c, o.payer, callRecipient, big.NewInt(int64(confirmed)), confirmed)
	if p := into[governed](c.t, c.get("/v2/policies/"+o.policy), 200); p.Name != o.renamed && p.Name != o.asked {
		c.t.Errorf("the policy is %q, approved was %q", p.Name, o.renamed)
	}
	o.checkDeposits(c)
	for _, machine := range o.machines {
		machine.base = c.base
		refused(c.t, machine.post("/wallets", walletBody), 403) // its key is known, and has no rights
	}
	c.t.Logf("%d transactions, %d deposits, %d service accounts, the policy is %q", confirmed, len(o.deposits), len(o.machines), o.renamed)
}

func (o *others) checkDeposits(c client) {
	c.t.Helper()
	sum, seen := new(big.Int), map[string]bool{}
	for token := ""; ; {
		page := into[list[item]](c.t, c.get("/wallets/"+o.saver+"/history?limit=500&direction=In&paginationToken="+token), 200)
		for _, in := range page.Items {
			value, _ := new(big.Int).SetString(in.Value, 10)
			if seen[in.TxHash] || value == nil {
				c.t.Fatalf("%s stands twice in the history, or has no value: %+v", in.TxHash, in)
			}
			seen[in.TxHash] = true
			sum.Add(sum, value)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	for hash := range o.deposits {
		if !seen[hash] {
			c.t.Errorf("deposit %s is gone from the history", hash)
		}
	}
	e, err := sandbox.ReadEnv(c.dir, "admin")
	if err != nil {
		c.t.Fatal(err)
	}
	chain, err := ethclient.Dial(e.RPCURL)
	if err != nil {
		c.t.Fatal(err)
	}
	defer chain.Close()
	if balance, err := chain.BalanceAt(context.Background(), common.HexToAddress(o.saverAddress), nil); err != nil || balance.Cmp(sum) != 0 {
		c.t.Errorf("the wallet holds %v, its history says %v (%v)", balance, sum, err)
	}
}
