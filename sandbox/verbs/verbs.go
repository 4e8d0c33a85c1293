// Package verbs is what a person at a terminal does with a running sandbox: vote as a seeded
// human, ask for a transfer or for something that needs an approval, listen to webhooks.
//
// It goes through the API with signed calls, as any client does, and has no other way in: what
// the platform would refuse to the person, it refuses here, in the same words.
package verbs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"countersign/sandbox"
	"countersign/sandbox/client"
)

// Person is a seeded human who calls the sandbox.
type Person struct {
	Name     string // admin, alice or bob
	UserID   string
	WalletID string // the treasury

	client client.Client
}

// Act returns the person of that name of the sandbox that serves dir. It fails when dir was never
// served, or nobody has the name.
func Act(dir, name string) (Person, error) {
	e, err := sandbox.ReadEnv(dir, name)
	if errors.Is(err, sandbox.ErrNeverServed) {
		return Person{}, err
	}
	if err != nil {
		return Person{}, fmt.Errorf("--as: %w", err)
	}
	key, err := client.ParseKey(e.PrivateKey)
	if err != nil {
		return Person{}, err
	}
	caller := client.Client{Base: e.BaseURL, Token: e.AuthToken, CredID: e.CredID, Key: key}
	return Person{Name: name, UserID: e.UserID, WalletID: e.WalletID, client: caller}, nil
}

// get reads path into out.
func (p Person) get(ctx context.Context, path string, out any) error {
	answer, err := p.client.Get(ctx, path)
	return p.settle("GET "+path, answer, err, out)
}

// call makes a signed request, without a body when in is nil, and reads its answer into out, which
// may be nil.
func (p Person) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = text
	}
	answer, err := p.client.Call(ctx, method, path, body)
	return p.settle(method+" "+path, answer, err, out)
}

// settle reads an answer, and makes an error of one that is none.
func (p Person) settle(doing string, answer client.Answer, err error, out any) error {
	var unreachable *url.Error
	if errors.As(err, &unreachable) && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s does not answer; start it with `sandbox serve` on the same data directory: %w", p.client.Base, err)
	}
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("%s as %s: the sandbox answered %d: %s", doing, p.Name, answer.Status, answer.Body)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return fmt.Errorf("reading the answer to %s: %w", doing, err)
	}
	return nil
}

// all reads every page of a list. It changes query.
func all[T any](ctx context.Context, p Person, path string, query url.Values) ([]T, error) {
	var items []T
	for {
		var page struct {
			Items         []T
			NextPageToken string
		}
		if err := p.get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.NextPageToken == "" {
			return items, nil
		}
		query.Set("paginationToken", page.NextPageToken)
	}
}
