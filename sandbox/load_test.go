package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
)

// ledger is what the load has asked for and what was acknowledged, by external
// ID, over all the lives of the server.
type ledger struct {
	mu    sync.Mutex
	acked map[string]string // the entity
	asked map[string]int64  // wei
	voted map[string]bool   // its approval was acknowledged
	gated string            // the wallet whose transfers need one
}

const gatedRecipient = "0x00000000000000000000000000000000000beef1"

func (l *ledger) size() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.acked) }

// gate makes a wallet whose transfers alice must approve.
func (l *ledger) gate(c client) {
	alice := as(c.t, c.dir, "alice")
	l.gated = into[entity](c.t, c.post("/wallets", walletBody), 200).ID
	into[entity](c.t, c.post("/v2/policies", map[string]any{"name": "gate", "activityKind": "Wallets:Sign",
		"rule":    map[string]any{"kind": "AlwaysTrigger"},
		"filters": map[string]any{"walletId": map[string]any{"in": []string{l.gated}}},
		"action":  map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1, alice.userID)}}}), 200)
}

// pour asks for transfers until the server dies, first again for one that was
// never acknowledged.
func (l *ledger) pour(c client, worker, round int) {
	for i := 0; ; i++ {
		id, wei := fmt.Sprintf("load-%d-%d-%d", worker, round, i), int64(1+worker*1000+i)
		l.mu.Lock()
		for lost, amount := range l.asked {
			if i == 0 && l.acked[lost] == "" && strings.HasPrefix(lost, fmt.Sprintf("load-%d-", worker)) {
				id, wei = lost, amount
			}
		}
		l.asked[id] = wei
		l.mu.Unlock()
		e, err := c.tryTransfer(c.walletID, recipient, id, wei)
		if err != nil {
			return
		}
		l.mu.Lock()
		l.acked[id] = e.ID
		l.mu.Unlock()
	}
}

// pourGated asks for transfers that need a vote, and votes, until the server
// dies.
func (l *ledger) pourGated(c, voter client, round int) {
	for i := 0; ; i++ {
		id := fmt.Sprintf("gated-%d-%d", round, i)
		l.mu.Lock()
		l.asked[id] = int64(1 + i)
		l.mu.Unlock()
		e, err := c.tryTransfer(l.gated, gatedRecipient, id, int64(1+i))
		if err != nil {
			return
		}
		l.mu.Lock()
		l.acked[id] = e.ID
		l.mu.Unlock()
		_, err = voter.tryCall("/v2/policy-approvals/"+e.ApprovalID+"/decisions", `{"value":"Approved"}`)
		if err != nil {
			return
		}
		l.mu.Lock()
		l.voted[id] = true
		l.mu.Unlock()
	}
}

func (c client) tryTransfer(wallet, to, externalID string, wei int64) (entity, error) {
	var e entity
	a, err := c.tryCall("/wallets/"+wallet+"/transfers",
		fmt.Sprintf(`{"kind":"Native","to":%q,"amount":"%d","externalId":%q}`, to, wei, externalID))
	if err == nil {
		err = json.Unmarshal(a.Body, &e)
	}
	return e, err
}

// tryCall is tryCallBy for a POST that answers 200.
func (c client) tryCall(path, body string) (answer, error) {
	return c.tryCallBy("POST", path, body, 200)
}

// tryCallBy is the whole signed flow of a call, for a server that may die: every
// answer but the status is an error.
func (c client) tryCallBy(method, path, body string, status int) (answer, error) {
	var ch challenge
	var action struct{ UserAction string }
	for _, step := range []struct {
		path string
		body func() []byte
		into any
	}{
		{"/auth/action/init", func() []byte {
			return encode(c.t, map[string]string{"userActionPayload": body, "userActionHttpMethod": method, "userActionHttpPath": path})
		}, &ch},
		{"/auth/action", func() []byte {
			return c.assertion(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, c.sign)
		}, &action},
	} {
		a, err := c.try("POST", step.path, "", step.body())
		if err == nil {
			err = json.Unmarshal(a.Body, step.into)
		}
		if err != nil {
			return a, err
		}
	}
	a, err := c.try(method, path, action.UserAction, []byte(body))
	if err == nil && a.Status != status {
		err = fmt.Errorf("status %d: %s", a.Status, a.Body)
	}
	return a, err
}

// check: every acknowledged transfer of the wallet is there, and Confirmed if
// nothing or nobody stands against it; none is there twice; and the chain moved
// exactly the confirmed sum, in as many transactions. It returns how many.
func (l *ledger) check(c client, wallet, to string) int {
	c.t.Helper()
	there, confirmed, sum := map[string]string{}, 0, new(big.Int)
	for token := ""; ; {
		page := into[list[entity]](c.t, c.get("/wallets/"+wallet+"/transfers?limit=500&paginationToken="+token), 200)
		for _, e := range page.Items {
			if there[e.ExternalID] != "" {
				c.t.Errorf("%s was made twice", e.ExternalID)
			}
			there[e.ExternalID] = e.ID
			if l.settled(c, e) {
				confirmed++
				sum.Add(sum, big.NewInt(l.asked[e.ExternalID]))
			}
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	for external, id := range l.acked {
		if ours := strings.HasPrefix(external, "gated-") == (wallet == l.gated); ours && there[external] != id {
			c.t.Errorf("acknowledged %s as %s, there is %q", external, id, there[external])
		}
	}
	l.checkChain(c, wallet, to, sum, confirmed)
	return confirmed
}

// settled waits for the end of a transfer. One whose vote was not acknowledged
// may still be pending.
func (l *ledger) settled(c client, e entity) bool {
	c.t.Helper()
	eventually(c.t, e.ID+" is confirmed", func() bool {
		e = into[entity](c.t, c.get("/wallets/"+e.WalletID+"/transfers/"+e.ID), 200)
		return e.Status == "Confirmed" || e.Status == "Pending" && e.ApprovalID != "" && !l.voted[e.ExternalID]
	})
	return e.Status == "Confirmed"
}

func (l *ledger) checkChain(c client, wallet, to string, sum *big.Int, count int) {
	c.t.Helper()
	from := into[struct{ Address string }](c.t, c.get("/wallets/"+wallet), 200).Address
	e, err := sandbox.ReadEnv(c.dir, "admin")
	if err != nil {
		c.t.Fatal(err)
	}
	chain, err := ethclient.Dial(e.RPCURL)
	if err != nil {
		c.t.Fatal(err)
	}
	defer chain.Close()
	balance, err1 := chain.BalanceAt(context.Background(), common.HexToAddress(to), nil)
	nonce, err2 := chain.NonceAt(context.Background(), common.HexToAddress(from), nil)
	if err1 != nil || err2 != nil || balance.Cmp(sum) != 0 || int(nonce) != count {
		c.t.Errorf("chain moved %v in %d transactions, want %v in %d (%v, %v)", balance, nonce, sum, count, err1, err2)
	}
}

// heard are the external IDs whose confirmation was delivered.
func heard(hooks *receiver) map[string]bool {
	ids := map[string]bool{}
	for _, d := range hooks.of("wallet.transfer.confirmed") {
		var data struct{ TransferRequest entity }
		_ = json.Unmarshal(d.Data, &data)
		ids[data.TransferRequest.ExternalID] = true
	}
	return ids
}
