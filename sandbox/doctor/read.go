package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// readChecks are about what is read: shapes, pages, filters, refusals.
func readChecks() []Check {
	return []Check{
		{Name: "wallet.shape", Expected: "a wallet has the members of @dfns/sdk 0.8.21, its dates milliseconds", run: func(p *probe) error {
			v, err := p.wallet()
			if err != nil {
				return err
			}
			return isWallet(v)
		}},
		{Name: "wallet.unknown", Expected: "an unknown wallet is 404", run: notFound("/wallets/" + noWallet)},
		{Name: "wallets.list", Expected: "a list of wallets has items, and no more than limit", run: func(p *probe) error {
			_, _, err := p.page("/wallets", 1)
			return err
		}},
		{Name: "wallets.pages", Expected: "nextPageToken leads to other items, and is absent on the last page", run: pages},
		{Name: "wallets.limit", Expected: "a limit of 501 is 400", run: badQuery("/wallets", "limit", "501")},
		{Name: "wallet.assets", Expected: "assets say walletId, network, and for each kind, decimals and balance", run: assets},
		{Name: "transfers.list", Expected: "a list of transfers has items of the SDK's members", run: transfers},
		{Name: "transfer.unknown", Expected: "an unknown transfer of a wallet is 404", run: func(p *probe) error {
			v, err := p.wallet()
			if err != nil {
				return err
			}
			return notFound(fmt.Sprintf("/wallets/%s/transfers/%s", v["id"], noTransfer))(p)
		}},
		{Name: "policies.list", Expected: "a list of policies has items of the SDK's members", run: func(p *probe) error {
			return p.all("/v2/policies", "id string", "name string", "status string", "activityKind string", "rule.kind string", "action.kind string")
		}},
		{Name: "policies.status", Expected: "a status that no policy has is 400", run: badQuery("/v2/policies", "status", "Sleeping")},
		{Name: "policy.unknown", Expected: "an unknown policy is 404", run: notFound("/v2/policies/" + noPolicy)},
		{Name: "approvals.list", Expected: "a list of approvals has items of the SDK's members", run: func(p *probe) error {
			return p.all("/v2/policy-approvals", "id string", "initiatorId string", "activity.kind string", "status string", "dateUpdated date",
				"policyEvaluations array", "decisions array")
		}},
		{Name: "approvals.status", Expected: "a status that no approval has is 400", run: badQuery("/v2/policy-approvals", "status", "Sleeping")},
		{Name: "approval.unknown", Expected: "an unknown approval is 404", run: notFound("/v2/policy-approvals/" + noApproval)},
		{Name: "approval.no-decisions-list", Expected: "decisions are read in the approval: their list is not there, 404", run: notFound("/v2/policy-approvals/" + noApproval + "/decisions")},
		{Name: "webhooks.list", Expected: "a list of webhooks has items of the SDK's members, without secrets", run: webhooks},
		{Name: "webhook.unknown", Expected: "an unknown webhook is 404", run: notFound("/webhooks/" + noWebhook)},
		{Name: "credentials.list", Expected: "the caller's credentials are a list without pages that has the one that signs", run: credentials},
		{Name: "service-accounts.list", Expected: "service accounts are a list without pages, and without tokens", run: serviceAccounts},
	}
}

func notFound(path string) func(*probe) error {
	return func(p *probe) error {
		a, err := p.get(path)
		return refused("GET "+path, a, err, http.StatusNotFound)
	}
}

func badQuery(path, name, value string) func(*probe) error {
	return func(p *probe) error {
		path := path + "?" + url.Values{name: {value}}.Encode()
		a, err := p.get(path)
		return refused("GET "+path, a, err, http.StatusBadRequest)
	}
}

// wallet reads the wallet that was named, or the first.
func (p *probe) wallet() (map[string]any, error) {
	if p.WalletID != "" {
		return p.reads("/wallets/" + url.PathEscape(p.WalletID))
	}
	found, _, err := p.page("/wallets", 1)
	if err == nil && len(found) == 0 {
		return nil, skipped("the organisation has no wallet")
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func isWallet(v map[string]any) error {
	err := has(v, "id string", "network string", "signingKey.id string", "signingKey.scheme string", "signingKey.curve string",
		"signingKey.publicKey string", "status string", "dateCreated date", "custodial bool", "tags array")
	if err == nil && !slices.Contains([]any{"Active", "Inactive", "Archived"}, v["status"]) {
		err = fmt.Errorf("status is %v, want Active, Inactive or Archived", v["status"])
	}
	return err
}

// page reads one page of at most limit items, and where the next begins.
func (p *probe) page(path string, limit int) ([]map[string]any, string, error) {
	v, err := p.reads(fmt.Sprintf("%s?limit=%d", path, limit))
	if err != nil {
		return nil, "", err
	}
	found, err := items(v)
	if err == nil && len(found) > limit {
		err = fmt.Errorf("%d items, want at most %d", len(found), limit)
	}
	next, _ := v["nextPageToken"].(string)
	return found, next, err
}

// all demands members of each item of a list's first page.
func (p *probe) all(path string, members ...string) error {
	found, _, err := p.page(path, 20)
	if err == nil && len(found) == 0 {
		return skipped("the list is empty: there is nothing to look at")
	}
	for _, v := range found {
		err = errors.Join(err, has(v, members...))
	}
	return err
}

// pages walks a list by ones, three pages at the most, and reads it once more in one page.
func pages(p *probe) error {
	first, next, err := p.page("/wallets", 1)
	if err != nil {
		return err
	}
	if next == "" {
		return skipped("the organisation has one wallet or none: there is no second page")
	}
	v, err := p.reads("/wallets?limit=1&paginationToken=" + url.QueryEscape(next))
	if err != nil {
		return err
	}
	second, err := items(v)
	if err != nil {
		return err
	}
	if len(second) != 1 || second[0]["id"] == first[0]["id"] {
		return fmt.Errorf("the second page holds %s, after %s", short(encode(second)), first[0]["id"])
	}
	whole, next, err := p.page("/wallets", 500)
	if err == nil && len(whole) < 500 && next != "" {
		err = fmt.Errorf("nextPageToken is there after all of %d items", len(whole))
	}
	return err
}

func assets(p *probe) error {
	w, err := p.wallet()
	if err != nil {
		return err
	}
	v, err := p.reads(fmt.Sprintf("/wallets/%s/assets", w["id"]))
	if err != nil {
		return err
	}
	err = errors.Join(equal(v, "walletId", w["id"]), equal(v, "network", w["network"]))
	list, _ := v["assets"].([]any)
	if list == nil {
		return errors.Join(err, fmt.Errorf("assets is not an array, in %s", short(encode(v))))
	}
	for _, asset := range list {
		one, _ := asset.(map[string]any)
		err = errors.Join(err, has(one, "kind string", "decimals number", "balance string"))
	}
	return err
}

func transfers(p *probe) error {
	w, err := p.wallet()
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/wallets/%s/transfers", w["id"])
	v, err := p.reads(path + "?limit=1")
	if err != nil {
		return err
	}
	if err := equal(v, "walletId", w["id"]); err != nil {
		return err
	}
	return p.all(path, "id string", "walletId string", "network string", "requester.userId string", "requestBody.kind string",
		"metadata.asset object", "status string", "dateRequested date")
}

func webhooks(p *probe) error {
	found, _, err := p.page("/webhooks", 20)
	if err == nil && len(found) == 0 {
		return skipped("the list is empty: there is nothing to look at")
	}
	for _, v := range found {
		err = errors.Join(err, hasNot(v, "secret"),
			has(v, "id string", "url string", "events array", "status string", "dateCreated date", "dateUpdated date"))
	}
	return err
}

func credentials(p *probe) error {
	v, err := p.reads("/auth/credentials")
	if err != nil {
		return err
	}
	found, err := items(v)
	if err != nil {
		return err
	}
	for _, c := range found {
		err = errors.Join(err, has(c, "credentialId string", "credentialUuid string", "dateCreated date", "isActive bool", "kind string", "name string"))
	}
	if !slices.ContainsFunc(found, func(c map[string]any) bool { return c["credentialId"] == p.Client.CredID }) {
		err = errors.Join(err, fmt.Errorf("no credentialId is %s", p.Client.CredID))
	}
	return errors.Join(err, hasNot(v, "nextPageToken"))
}

func serviceAccounts(p *probe) error {
	v, err := p.reads("/auth/service-accounts")
	if err != nil {
		return err
	}
	found, err := items(v)
	if err == nil && len(found) == 0 {
		return skipped("the organisation has no service account")
	}
	for _, account := range found {
		err = errors.Join(err, has(account, "userInfo.userId string", "userInfo.username string", "userInfo.isActive bool",
			"userInfo.isServiceAccount bool", "userInfo.permissionAssignments array", "accessTokens array"))
		tokens, _ := account["accessTokens"].([]any)
		for _, token := range tokens {
			one, _ := token.(map[string]any)
			err = errors.Join(err, hasNot(one, "accessToken"), has(one, "credId string", "isActive bool", "kind string", "tokenId string"))
		}
	}
	return errors.Join(err, hasNot(v, "nextPageToken"))
}
