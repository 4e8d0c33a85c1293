package policy

import (
	"slices"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Filters narrow a policy. Members are ANDed; an absent one matches all. Which of them a
// policy may have depends on its activity.
type Filters struct {
	WalletID     *In   `json:"walletId,omitempty"`
	WalletTags   *Tags `json:"walletTags,omitempty"`
	PermissionID *In   `json:"permissionId,omitempty"`
	PolicyID     *In   `json:"policyId,omitempty"`
}

// In is a list of which one must match.
type In struct {
	In []string `json:"in"`
}

// Tags asks for any, and for all, of the named tags.
type Tags struct {
	HasAny []string `json:"hasAny,omitempty"`
	HasAll []string `json:"hasAll,omitempty"`
}

// Scope is what filters look at: of an activity on a wallet, on a permission or on a policy.
type Scope struct {
	WalletID     string
	WalletTags   []string
	PermissionID string
	PolicyID     string

	Also []Scope // the others of an activity on several wallets at once: it is on any of them
}

// matches tells whether an activity passes the filters, on any of its wallets.
func (f *Filters) matches(s Scope) bool {
	return f.match(s) || slices.ContainsFunc(s.Also, f.match)
}

// match tells whether an activity passes the filters.
func (f *Filters) match(s Scope) bool {
	if f == nil {
		return true
	}
	among := func(in *In, id string) bool { return in == nil || slices.Contains(in.In, id) }
	if !among(f.WalletID, s.WalletID) || !among(f.PermissionID, s.PermissionID) || !among(f.PolicyID, s.PolicyID) {
		return false
	}
	if f.WalletTags == nil {
		return true
	}
	has := func(tag string) bool { return slices.Contains(s.WalletTags, tag) }
	lacks := func(tag string) bool { return !has(tag) }
	return (len(f.WalletTags.HasAny) == 0 || slices.ContainsFunc(f.WalletTags.HasAny, has)) &&
		!slices.ContainsFunc(f.WalletTags.HasAll, lacks)
}

// Known looks up what filters name: for walletId, permissionId and policyId a function that
// fails when there is no such thing. A filter without one is not looked up.
type Known map[string]func(tx *store.Tx, id string) error

// maxNames is the most that a list of a filter may hold.
const maxNames = 100

// given returns the filters that are there, by name.
func (f *Filters) given() map[string]*In {
	found := map[string]*In{}
	for name, in := range map[string]*In{"walletId": f.WalletID, "permissionId": f.PermissionID, "policyId": f.PolicyID} {
		if in != nil {
			found[name] = in
		}
	}
	return found
}

func (f *Filters) validate(tx *store.Tx, may activity, known Known) error {
	if f == nil {
		return nil
	}
	lists := f.given()
	if may.needs && lists[may.filters[0]] == nil {
		return dfns.BadRequest("filters.%s is required", may.filters[0])
	}
	for name, in := range lists {
		if !slices.Contains(may.filters, name) {
			return dfns.BadRequest("filters.%s is not one for this activityKind", name)
		}
		if err := checkNames("filters."+name+".in", in.In); err != nil {
			return err
		}
		for _, id := range in.In {
			if look := known[name]; look != nil && look(tx, id) != nil {
				return dfns.BadRequest("filters.%s.in: %s does not exist", name, id)
			}
		}
	}
	if f.WalletTags == nil {
		return nil
	}
	if !slices.Contains(may.filters, "walletTags") {
		return dfns.BadRequest("filters.walletTags is not one for this activityKind")
	}
	for name, tags := range map[string][]string{"hasAny": f.WalletTags.HasAny, "hasAll": f.WalletTags.HasAll} {
		if tags == nil {
			continue
		}
		if err := checkNames("filters.walletTags."+name, tags); err != nil {
			return err
		}
	}
	return nil
}

func checkNames(at string, names []string) error {
	if len(names) < 1 || len(names) > maxNames || slices.Contains(names, "") {
		return dfns.BadRequest("%s must hold 1 to %d names, none of them empty", at, maxNames)
	}
	return nil
}
