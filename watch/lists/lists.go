// Package lists finds out from the custodian's lists what its webhooks do not tell: that a
// policy, a credential or a service account has changed, or that there is a new wallet. Each
// list is read whole and compared with what it was; what has changed is told like any other
// event (docs/watching.md).
package lists

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"

	"countersign"
	"countersign/store/listings"
	"countersign/store/outbox"
)

// A Custodian gives its lists, item by item and verbatim. dfns.Client is the real one.
type Custodian interface {
	List(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error]
}

// A Keeper knows the lists as they were. listings.Listings is the real one.
type Keeper interface {
	Compare(ctx context.Context, list string, entities map[string][]byte, now time.Time, tell func(listings.Change, int) (outbox.Message, bool)) ([]listings.Change, error)
}

// The kinds of events. Wire format.
const (
	PolicyChanged         countersign.EventKind = "platform.policy.changed"
	CredentialChanged     countersign.EventKind = "platform.credential.changed"
	ServiceAccountChanged countersign.EventKind = "platform.service_account.changed"
	WalletCreated         countersign.EventKind = "platform.wallet.created"
)

// Data is an event's data.
type Data struct {
	Entity Entity `json:"entity"`
}

// An Entity says what has changed.
type Entity struct {
	ID string `json:"id"`
	// List is the list that it is in.
	List string `json:"list"`
	// Change is created, changed or gone.
	Change string `json:"change"`
	// Before and After are the SHA-256 of its JSON, as the custodian gave it, with sorted keys.
	Before string `json:"before_sha256,omitempty"`
	After  string `json:"after_sha256,omitempty"`
}

// A list is one that is compared.
type list struct {
	name string
	path string
	kind countersign.EventKind
	// created says that only what is new is told.
	created bool
	// of are the entities in an item, by ID.
	of func(item map[string]json.RawMessage) (map[string]json.RawMessage, error)
}

// all are the lists. The credentials of people are theirs to list; those of service accounts,
// which sign by themselves, are in the list of accounts.
var all = []list{
	{"policy", "/v2/policies", PolicyChanged, false, whole("id")},
	{"service_account", "/auth/service-accounts", ServiceAccountChanged, false, account},
	{"credential", "/auth/service-accounts", CredentialChanged, false, credentials},
	{"wallet", "/wallets", WalletCreated, true, whole("id")},
}

// A Comparer compares the lists.
type Comparer struct {
	Custodian Custodian
	Keeper    Keeper
	Now       func() time.Time
}

// Compare reads every list, and tells what has changed. A list that cannot be read is left as
// it was, and is an error among the others'; what the other lists tell is told.
func (c *Comparer) Compare(ctx context.Context) (changed int, err error) {
	var errs []error
	for _, l := range all {
		n, err := c.compare(ctx, l)
		changed += n
		if err != nil {
			errs = append(errs, fmt.Errorf("list of %ss: %w", l.name, err))
		}
	}
	return changed, errors.Join(errs...)
}

func (c *Comparer) compare(ctx context.Context, l list) (int, error) {
	entities := map[string][]byte{}
	for raw, err := range c.Custodian.List(ctx, l.path, nil) {
		if err != nil {
			return 0, err // half a list would make what is not in it gone
		}
		var item map[string]json.RawMessage
		if err := json.Unmarshal(raw, &item); err != nil {
			return 0, err
		}
		of, err := l.of(item)
		if err != nil {
			return 0, err
		}
		for id, part := range of {
			if err := countersign.CheckID(id); err != nil {
				return 0, err
			}
			if entities[id], err = sorted(part); err != nil {
				return 0, err
			}
		}
	}
	now := c.Now().UTC().Truncate(time.Microsecond)
	told := 0
	_, err := c.Keeper.Compare(ctx, l.name, entities, now, func(change listings.Change, number int) (outbox.Message, bool) {
		m, ok := message(l, change, now.Add(time.Duration(number)*time.Microsecond))
		if ok {
			told++
		}
		return m, ok
	})
	if err != nil {
		return 0, err
	}
	return told, nil
}

// message tells of a change.
func message(l list, c listings.Change, at time.Time) (outbox.Message, bool) {
	e := Entity{ID: c.ID, List: l.name, Change: "changed", Before: c.Before, After: c.After}
	switch {
	case c.Before == "":
		e.Change = "created"
	case c.After == "":
		e.Change = "gone"
	}
	if l.created && e.Change != "created" {
		return outbox.Message{}, false
	}
	data, err := json.Marshal(Data{e})
	if err != nil { // strings always encode
		return outbox.Message{}, false
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%d", l.name, c.ID, c.Before, c.After, at.UnixMicro()))
	return outbox.Message{ID: "pev-" + hex.EncodeToString(sum[:16]), Kind: l.kind, Date: at, Data: data}, true
}

// volatile are members that change without anybody having changed anything.
var volatile = []string{"lastUsedAt", "dateLastUsed", "quotes", "netWorth"}

// sorted is JSON with its keys in one order and without what is volatile, numbers as they are
// written.
func sorted(raw json.RawMessage) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if m, ok := v.(map[string]any); ok {
		for _, name := range volatile {
			delete(m, name)
		}
	}
	return json.Marshal(v)
}
