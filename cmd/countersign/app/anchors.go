package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"countersign/audit/anchor"
	"countersign/audit/verify"
	"countersign/store"

	"golang.org/x/mod/sumdb/tlog"
)

// anchors gives the log the places that keep its newest checkpoint, and the witnesses of
// its policy that can be asked.
func (a *App) anchors(ctx context.Context, log *store.Log) error {
	for _, uri := range strings.Fields(a.Config.Trail.Anchors) {
		place, err := anchor.Open(ctx, uri)
		if err != nil {
			return fmt.Errorf("COUNTERSIGN_ANCHORS: %w", err)
		}
		log.Anchors = append(log.Anchors, place)
	}
	if err := a.anew(log); err != nil {
		return err
	}
	if err := a.witnesses(log); err != nil {
		return err
	}
	if len(log.Anchors)+log.Quorum == 0 && a.Log != nil {
		a.Log.Warn("the newest checkpoint is kept nowhere but in the database: a restored backup will not be noticed", "setting", "COUNTERSIGN_ANCHORS")
	}
	return nil
}

// anew reads which emptied anchors an operator has accepted.
func (a *App) anew(log *store.Log) error {
	log.Anew = map[string]int64{}
	for _, word := range strings.Fields(a.Config.Trail.AnchorsAnew) {
		size, uri, _ := strings.Cut(word, "@")
		first, err := strconv.ParseInt(size, 10, 64)
		known := slices.ContainsFunc(log.Anchors, func(p store.Anchor) bool { return p.String() == uri })
		if err != nil || first < 1 || !known {
			return fmt.Errorf("COUNTERSIGN_ANCHORS_ANEW: %q: want SIZE@ANCHOR as the refusal to start says it, with an anchor of COUNTERSIGN_ANCHORS", word)
		}
		log.Anew[uri] = first
	}
	return nil
}

// witnesses are those of the policy file. The log is held back until as many have signed
// as its quorum wants, when that is a plain number of them.
func (a *App) witnesses(log *store.Log) error {
	file := a.Config.Trail.PolicyFile
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("COUNTERSIGN_POLICY_FILE: %w", err)
	}
	policy, err := verify.ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("COUNTERSIGN_POLICY_FILE: %s: %w", file, err)
	}
	for _, w := range policy.Witnesses {
		if w.URL == "" {
			continue // its signature reaches the log by other ways
		}
		key, err := anchor.NewCosignatureVerifier(w.Key)
		if err != nil {
			return fmt.Errorf("COUNTERSIGN_POLICY_FILE: %s: witness %s: %w", file, w.Name, err)
		}
		log.Witnesses = append(log.Witnesses, witness{&anchor.Witness{URL: w.URL, Key: key}})
	}
	if log.Quorum, err = quorum(policy); err != nil || log.Quorum > len(log.Witnesses) {
		return fmt.Errorf("COUNTERSIGN_POLICY_FILE: %s: quorum %s: want none, one witness, or a group of witnesses that have addresses", file, policy.Quorum)
	}
	return nil
}

// quorum is how many witnesses must sign.
func quorum(p verify.Trust) (int, error) {
	if p.Quorum == "" || p.Quorum == "none" {
		return 0, nil
	}
	if isWitness(p, p.Quorum) {
		if len(p.Witnesses) > 1 {
			return 0, fmt.Errorf("%s alone of %d witnesses", p.Quorum, len(p.Witnesses))
		}
		return 1, nil
	}
	for _, g := range p.Groups {
		if g.Name != p.Quorum {
			continue
		}
		for _, member := range g.Members {
			if !isWitness(p, member) {
				return 0, fmt.Errorf("group %s holds the group %s", g.Name, member)
			}
		}
		if len(g.Members) != len(p.Witnesses) {
			return 0, fmt.Errorf("group %s is not of all witnesses", g.Name)
		}
		return g.Least, nil
	}
	return 0, fmt.Errorf("%s is neither a witness nor a group", p.Quorum)
}

func isWitness(p verify.Trust, name string) bool {
	for _, w := range p.Witnesses {
		if w.Name == name {
			return true
		}
	}
	return false
}

// witness is one whose word on another history is the store's.
type witness struct{ *anchor.Witness }

func (w witness) Cosign(ctx context.Context, checkpoint []byte, prove func(context.Context, int64) ([]tlog.Hash, error)) ([]byte, error) {
	signed, err := w.Witness.Cosign(ctx, checkpoint, prove)
	if errors.Is(err, anchor.ErrForked) {
		err = fmt.Errorf("%w: %w", store.ErrRolledBack, err)
	}
	return signed, err
}
