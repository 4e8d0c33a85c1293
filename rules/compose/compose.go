// Package compose puts rule books together: one for a contract, one for an asset, one
// for the wallets with a tag, one for what a certain initiator asks, and one for the
// rest.
//
//	compose.FirstMatch("treasury", "3",
//		compose.Section{Name: "minting", When: compose.Match{Contracts: []string{token}}, Book: minting},
//		compose.Section{Name: "hot", When: compose.Match{WalletTags: []string{"hot"}}, Book: hot},
//		compose.Otherwise(transfers))
//
// How sections go together is said and never guessed: [FirstMatch] asks the first
// section that a request falls into and no other; [AllMustPass] asks every one, and
// the strictest answer stands. What falls into none is left to people.
package compose

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"countersign"
	"countersign/rules"
	"countersign/rules/services"
)

// A Section is a book for some requests.
type Section struct {
	// Name is for people, and for the reasons of decisions.
	Name string
	// When says which requests; the zero Match is all.
	When Match
	Book rules.Decider
}

// Otherwise is a last section, for all that is left.
func Otherwise(book rules.Decider) Section { return Section{Name: "otherwise", Book: book} }

// Mode is how sections go together.
type Mode string

// The modes.
const (
	First Mode = "first_match"
	All   Mode = "all_must_pass"
)

// A Composite is books put together. It is a [rules.Decider].
type Composite struct {
	Name, Version string
	Mode          Mode
	Sections      []Section
}

// FirstMatch returns a composite that asks the first section that a request falls into.
func FirstMatch(name, version string, sections ...Section) *Composite {
	return &Composite{name, version, First, sections}
}

// AllMustPass returns a composite that asks every section that a request falls into: a
// rejection of one stands before an abstention of another, and that before approvals.
func AllMustPass(name, version string, sections ...Section) *Composite {
	return &Composite{name, version, All, sections}
}

// About names the composite. Its digest is over the mode and, for each section, its
// name, what it matches, and the name, version and digest of its book; empty when one
// of the books has none.
func (c *Composite) About() rules.About {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", c.Mode)
	for _, s := range c.Sections {
		about := s.Book.About()
		if about.Digest == "" {
			return rules.About{Name: c.Name, Version: c.Version}
		}
		fmt.Fprintf(h, "%q %q %q %q %q\n", s.Name, s.When, about.Name, about.Version, about.Digest)
	}
	return rules.About{Name: c.Name, Version: c.Version, Digest: hex.EncodeToString(h.Sum(nil))}
}

// Books are the books of all sections.
func (c *Composite) Books() (books []*rules.Book) {
	for _, s := range c.Sections {
		for _, b := range s.Book.Books() {
			if !slices.Contains(books, b) {
				books = append(books, b)
			}
		}
	}
	return books
}

// ErrComposite means that a composite cannot be used. The message lists every mistake.
var ErrComposite = errors.New("composite of rule books is wrong")

// Check reports every mistake in the composite and in its books at once.
func (c *Composite) Check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name == "" || c.Version == "" {
		bad("name %q and version %q: both are required, they stand in every decision", c.Name, c.Version)
	}
	if c.Mode != First && c.Mode != All {
		bad("mode %q: want %q or %q", c.Mode, First, All)
	}
	if len(c.Sections) == 0 {
		bad("no sections: every request would be left to people")
	}
	names := map[string]bool{}
	for i, s := range c.Sections {
		if s.Name == "" || names[s.Name] {
			bad("section %d: name %q is empty or stands there twice", i, s.Name)
		}
		names[s.Name] = true
		for _, err := range s.When.check() {
			bad("section %d (%s): %w", i, s.Name, err)
		}
		if s.Book == nil {
			bad("section %d (%s): no book", i, s.Name)
		} else if err := s.Book.Check(); err != nil {
			bad("section %d (%s): %w", i, s.Name, err)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("%w: %w", ErrComposite, errors.Join(errs...))
	}
	return nil
}

// DecideAt asks the sections that the request falls into.
func (c *Composite) DecideAt(ctx context.Context, a countersign.Approval, desk *services.Desk) rules.Result {
	res := rules.Result{Decision: rules.Abstain(countersign.NoRule, "the request falls into no section of %s", c.Name)}
	asked := 0
	for _, s := range c.Sections {
		if !s.When.matches(ctx, a, desk) {
			continue
		}
		said := s.Book.DecideAt(ctx, a, desk)
		said.Decision.Reason = s.Name + ": " + said.Decision.Reason
		if asked++; asked == 1 {
			res = said
		} else {
			res = both(res, said)
		}
		if c.Mode != All {
			break
		}
	}
	res.Books = append([]string{c.Name}, res.Books...)
	return res
}

// both is what two sections say: the stricter decision, with what both rest on. What
// was decoded is told by the one that decides.
func both(a, b rules.Result) rules.Result {
	stricter, other := a, b
	if rules.Stricter(b.Decision, a.Decision) {
		stricter, other = b, a
	}
	for _, name := range other.Books {
		if !slices.Contains(stricter.Books, name) {
			stricter.Books = append(stricter.Books, name)
		}
	}
	for _, name := range other.Rules {
		if !slices.Contains(stricter.Rules, name) {
			stricter.Rules = append(stricter.Rules, name)
		}
	}
	stricter.Pins = append(slices.Clone(stricter.Pins), other.Pins...)
	stricter.Took += other.Took
	return stricter
}
