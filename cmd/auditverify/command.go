package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"countersign/audit"
	"countersign/audit/export/check"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/cmd/auditverify/verdict"
)

const usage = `auditverify checks exports and receipts of a countersign trail, offline.

  auditverify [options] PATH…

A PATH is a bundle or a selection, as a directory or a zip, or a receipt (.tlog-proof).
Of receipts, those of records about keys stand behind the others.

Whom to believe is yours to say. Take the key from another source than the export:
  --policy FILE      a trust policy (c2sp.org/tlog-policy): log keys and witnesses
  --log-key VKEY     a key of the log, name+hash+base64; may be given twice
  --pin FILE.pem     a record key, PEM; then no other may begin the log's keys
  --anchor FILE      a checkpoint that you have kept; the log must extend it

How:
  --hashes-only      the tree and its checkpoints, and neither signatures nor views
  --no-views         leave the CSV, the OCSF events and the JWK set uncompared
  --json             say it as JSON

Exit: 0 verified, 1 something cannot be read, 2 wrong command line, 3 something is wrong.
`

// A command is a command line.
type command struct {
	trust  verify.Trust
	checks check.Checks
	json   bool
	paths  []string
}

// parse reads a command line; done says that there is nothing more to do.
func parse(args []string, out, errs io.Writer) (c command, code int, done bool) {
	fs := flag.NewFlagSet("auditverify", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("policy", "", c.policy)
	fs.Func("log-key", "", c.logKey)
	fs.Func("pin", "", c.pin)
	fs.Func("anchor", "", c.anchor)
	fs.BoolVar(&c.checks.HashesOnly, "hashes-only", false, "")
	fs.BoolVar(&c.checks.NoViews, "no-views", false, "")
	fs.BoolVar(&c.json, "json", false, "")
	for rest := args; len(rest) > 0; { // options may stand behind paths
		if err := fs.Parse(rest); errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			return c, exitVerified, true
		} else if err != nil {
			fmt.Fprintf(errs, "auditverify: %v\nauditverify --help says how it is used\n", err)
			return c, exitUsage, true
		}
		if rest = fs.Args(); len(rest) > 0 {
			c.paths, rest = append(c.paths, rest[0]), rest[1:]
		}
	}
	if err := c.complete(); err != nil {
		fmt.Fprintf(errs, "auditverify: %v\n", err)
		return c, exitUsage, true
	}
	return c, exitVerified, false
}

// complete fails unless it is said what to verify and whom to believe.
func (c *command) complete() error {
	if len(c.paths) == 0 {
		return errors.New("nothing to verify: name a bundle, a selection or a receipt; --help says more")
	}
	if len(c.trust.Log) == 0 {
		return errors.New("no key of the log: give --log-key or --policy. An export cannot vouch for itself: take the key from another source, such as the operator's published policy")
	}
	_, err := verify.ParsePolicy(c.trust.Policy())
	return err
}

func (c *command) policy(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	t, err := verify.ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.trust.Log = append(c.trust.Log, t.Log...)
	if c.trust.Quorum != "" {
		return errors.New("--policy is given twice: put both into one file")
	}
	c.trust.Witnesses, c.trust.Groups, c.trust.Quorum = t.Witnesses, t.Groups, t.Quorum
	return nil
}

func (c *command) pin(path string) error {
	key, err := audit.LoadPublicKey(path)
	if err != nil {
		return err
	}
	if c.trust.Pinned == nil {
		c.trust.Pinned = audit.Keys{}
	}
	c.trust.Pinned[audit.KeyID(key)] = key
	return nil
}

func (c *command) logKey(key string) error {
	if key = strings.TrimSpace(key); key == "" {
		return errors.New("it is empty: want name+hash+base64")
	}
	c.trust.Log = append(c.trust.Log, key)
	return nil
}

func (c *command) anchor(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := tree.ReadCheckpoint(text); err != nil {
		return fmt.Errorf("%s is no checkpoint that was kept: %w", path, err)
	}
	c.checks.Anchors = append(c.checks.Anchors, text)
	return nil
}

// verify verifies every path and says what it found.
func (c command) verify(ctx context.Context, out, errs io.Writer) (code int) {
	exports, receipts, err := open(c.paths)
	defer func() {
		for _, i := range exports {
			i.close()
		}
	}()
	failed := func(err error) {
		line(errs, "auditverify: %v\n", err)
		code = max(code, exitUnread)
	}
	if err != nil {
		failed(err)
		return code
	}
	all := []verdict.Verdict{}
	found := func(vs ...verdict.Verdict) {
		for _, v := range vs {
			if !v.OK {
				code = exitFaults
			}
			if !c.json {
				tell(out, v)
			}
		}
		all = append(all, vs...)
	}
	for _, i := range exports {
		if v, err := verdict.OfExport(ctx, i.name, i.fsys, c.trust, c.checks); err != nil {
			failed(fmt.Errorf("%s: %w", i.name, err))
		} else {
			found(v)
		}
	}
	if vs, err := verdict.OfReceipts(receipts, c.trust); err != nil {
		failed(err)
	} else {
		found(vs...)
	}
	if c.json {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(map[string]any{"ok": code == exitVerified, "verdicts": all}); err != nil {
			failed(err)
		}
	}
	return code
}
