// Package doctor asks a platform that speaks the DFNS API whether it behaves as the sandbox
// was built to: one named check for each behaviour that a client depends on.
//
// Where the real platform differs, the sandbox is wrong: the report says what was expected
// and what was seen, so that whoever has access to the real one can tell us.
//
// A check reads, or signs requests for things that do not exist, which cannot have an
// effect; all but those are marked as writing and run only when asked for. Those that write
// make a wallet of their own, ask only for transfers that are refused or denied, and remove
// the policies and webhooks that they made.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"countersign/sandbox/client"
)

// Verdicts of a check.
const (
	Pass = "pass"
	Fail = "fail"
	Skip = "skip" // it could not be asked, and the report says why
)

// Check is one behaviour.
type Check struct {
	Name     string // such as signing.once; names are never given twice, nor to another behaviour
	Expected string // what must be so
	Write    bool   // whether it changes something
	run      func(*probe) error
}

// Result is what a check found. Seen is the difference, or the reason for skipping.
type Result struct {
	Name     string `json:"name"`
	Verdict  string `json:"verdict"`
	Write    bool   `json:"write"`
	Expected string `json:"expected"`
	Seen     string `json:"seen,omitempty"`
}

// Config says whom to ask as whom, and what.
type Config struct {
	Client   client.Client
	WalletID string        // an existing wallet; "" takes the first that is listed
	Network  string        // of the wallet that writing checks make; default EthereumSepolia
	Write    bool          // run the checks that write
	Only     []string      // names of checks; empty means all
	Patience time.Duration // for each check; default 30s
}

// Checks returns every check, in the order in which they run.
func Checks() []Check {
	return slices.Concat(bearerChecks(), signingChecks(), readChecks(), writeChecks())
}

// Run runs the checks that cfg asks for. A name that no check has is an error.
func Run(ctx context.Context, cfg Config) ([]Result, error) {
	if cfg.Network == "" {
		cfg.Network = "EthereumSepolia"
	}
	if cfg.Patience == 0 {
		cfg.Patience = 30 * time.Second
	}
	checks := Checks()
	for _, name := range cfg.Only {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.Name == name }) {
			return nil, fmt.Errorf("no check is named %q; `sandbox doctor --list` names them", name)
		}
	}
	var results []Result
	for _, check := range checks {
		if len(cfg.Only) > 0 && !slices.Contains(cfg.Only, check.Name) {
			continue
		}
		results = append(results, check.examine(ctx, cfg))
	}
	return results, nil
}

// skipped is the reason why a check could not be asked.
type skipped string

func (s skipped) Error() string { return string(s) }

// examine runs one check. Requests carry its name, so that a server's log shows which check
// made them.
func (c Check) examine(ctx context.Context, cfg Config) Result {
	r := Result{Name: c.Name, Verdict: Pass, Write: c.Write, Expected: c.Expected}
	if c.Write && !cfg.Write {
		r.Verdict, r.Seen = Skip, "it writes, and --write was not given"
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Patience)
	defer cancel()
	cfg.Client.Agent = "sandbox-doctor (" + c.Name + ")"
	cfg.Client.Base = strings.TrimRight(cfg.Client.Base, "/")
	p := &probe{ctx: ctx, Config: cfg}
	err := errors.Join(c.run(p), p.cleanUp(ctx))
	var why skipped
	switch {
	case errors.As(err, &why):
		r.Verdict, r.Seen = Skip, string(why)
	case err != nil:
		first, more, _ := strings.Cut(err.Error(), "\n")
		if r.Verdict, r.Seen = Fail, first; more != "" {
			r.Seen += fmt.Sprintf(" (and %d more)", 1+strings.Count(more, "\n"))
		}
	}
	return r
}

// probe is what one check asks with.
type probe struct {
	Config
	ctx  context.Context
	made []cleanup
}

type cleanup struct{ method, path string }

// later removes what a check made, once it has run.
func (p *probe) later(method, path string) { p.made = append(p.made, cleanup{method, path}) }

// cleanUp removes what was made, also when the check ran out of time.
func (p *probe) cleanUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.Patience)
	defer cancel()
	var errs []error
	for _, c := range slices.Backward(p.made) {
		a, err := p.Client.Call(ctx, c.method, c.path, []byte("{}"))
		if err == nil && a.Status != http.StatusOK && a.Status != http.StatusNotFound {
			err = fmt.Errorf("answered %d %s", a.Status, a.Body)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("cleaning up: %s %s: %w", c.method, c.path, err))
		}
	}
	return errors.Join(errs...)
}
