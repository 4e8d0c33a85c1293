package stack

import (
	"context"
	"fmt"
	"net/http"

	"countersign/custody/dfns"
	"countersign/custody/dfns/org"
)

// What the two accounts may do at the platform, by its names of operations (dfns.md §7).
// The checker reads what it judges, what the comparison of votes and `countersign doctor`
// look at, and decides; it can make nothing. The maker asks and cannot decide.
var (
	checkerRights = []string{
		"Policies:Approvals:Read", "Policies:Approvals:Approve", "Policies:Read", "Permissions:Read",
		"Wallets:Read", "Wallets:Transfers:Read", "Wallets:Transactions:Read",
		"Webhooks:Read", "Webhooks:Events:Read", "Auth:Logs:Read", "Auth:ServiceAccounts:Read",
	}
	makerRights = []string{
		"Wallets:Read", "Wallets:Transfers:Create", "Wallets:Transfers:Read",
		"Wallets:Transactions:Create", "Wallets:Transactions:Read", "Policies:Approvals:Read",
	}
)

// account makes a service account with a key of its own and these rights alone.
func (s *Stack) account(ctx context.Context, admin *dfns.Client, name string, rights []string, a *Account) error {
	if a.UserID != "" {
		return nil
	}
	permission, err := permission(ctx, admin, "countersign-"+name, rights)
	if err != nil {
		return err
	}
	private, public, err := newKey()
	if err != nil {
		return err
	}
	var created struct {
		UserInfo struct {
			UserID string `json:"userId"`
		} `json:"userInfo"`
		AccessTokens []struct {
			AccessToken string `json:"accessToken"`
			CredID      string `json:"credId"`
		} `json:"accessTokens"`
	}
	body := map[string]any{
		"name":         "countersign-" + name,
		"publicKey":    string(public),
		"daysValid":    365,
		"permissionId": permission,
	}
	if err := admin.Do(ctx, http.MethodPost, "/auth/service-accounts", body, &created); err != nil {
		return fmt.Errorf("create service account %s: %w", name, err)
	}
	if len(created.AccessTokens) == 0 || created.UserInfo.UserID == "" {
		return fmt.Errorf("create service account %s: answer has no access token", name)
	}
	if err := s.write(name+".pem", private); err != nil {
		return err
	}
	if err := s.write(name+".token", []byte(created.AccessTokens[0].AccessToken+"\n")); err != nil {
		return err
	}
	*a = Account{Name: name, UserID: created.UserInfo.UserID, CredentialID: created.AccessTokens[0].CredID}
	return nil
}

// permission returns the ID of the permission of that name, and makes it when it is not
// there yet: a start that was cut off may have made it.
func permission(ctx context.Context, admin *dfns.Client, name string, operations []string) (string, error) {
	there, err := org.Org{Client: admin}.Permissions(ctx)
	if err != nil {
		return "", fmt.Errorf("list permissions: %w", err)
	}
	for _, p := range there {
		if p.Name == name {
			return p.ID, nil
		}
	}
	var created struct {
		ID string `json:"id"`
	}
	body := map[string]any{"name": name, "operations": operations}
	if err := admin.Do(ctx, http.MethodPost, "/permissions", body, &created); err != nil {
		return "", fmt.Errorf("create permission %s: %w", name, err)
	}
	return created.ID, nil
}
