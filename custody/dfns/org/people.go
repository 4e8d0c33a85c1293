package org

// A Wallet is what of a wallet matters to who governs it (dfns.md §5.1).
type Wallet struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Network string   `json:"network"`
	Status  string   `json:"status"`
	Tags    []string `json:"tags"`
	// Custodial is nil where the API did not say.
	Custodial *bool `json:"custodial"`
	// SigningKey names to whom the key was delegated: an end user, who signs outside of
	// the policies (dfns.md §4.2).
	SigningKey struct {
		DelegatedTo string `json:"delegatedTo"`
	} `json:"signingKey"`
}

// Archived reports that a wallet signs no more.
func (w Wallet) Archived() bool { return w.Status == "Archived" }

// A ServiceAccount is a user that is a program (dfns.md §2).
type ServiceAccount struct {
	User   User    `json:"userInfo"`
	Tokens []Token `json:"accessTokens"`
}

// A User is who can be named in a group of approvers.
type User struct {
	ID          string       `json:"userId"`
	Name        string       `json:"name"`
	Active      bool         `json:"isActive"`
	Assignments []Assignment `json:"permissionAssignments"`
}

// A Token is a bearer token and the credential that signs beside it.
type Token struct {
	ID           string `json:"tokenId"`
	CredentialID string `json:"credId"`
	Active       bool   `json:"isActive"`
	// PublicKey is that of the credential, PEM.
	PublicKey   string       `json:"publicKey"`
	Assignments []Assignment `json:"permissionAssignments"`
}

// An Assignment gives a permission to a user or to a token.
type Assignment struct {
	PermissionID string `json:"permissionId"`
	Name         string `json:"permissionName"`
	// Operations are nil where the API did not say; then the permission does.
	Operations []string `json:"operations"`
}

// A Permission is a named set of operations (dfns.md §7).
type Permission struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Operations []string `json:"operations"`
}

// A Webhook is where events are sent (dfns.md §3.1).
type Webhook struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	Status string   `json:"status"`
	Events []string `json:"events"`
}

// Hears reports whether an enabled webhook is told of a kind of event.
func (w Webhook) Hears(kind string) bool { return w.Status == "Enabled" && w.Subscribed(kind) }

// Subscribed reports whether a webhook would be told of a kind of event, if enabled.
func (w Webhook) Subscribed(kind string) bool {
	for _, e := range w.Events {
		if e == kind || e == "*" {
			return true
		}
	}
	return false
}
