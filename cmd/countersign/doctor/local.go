package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"countersign/chain"
	"countersign/chain/network"
	"countersign/people"
	"countersign/screening"
	"countersign/screening/setup"
)

// nodesAnswer asks each configured node which chain it serves.
func nodesAnswer(ctx context.Context, p *patient) finding {
	file := p.config.Rules.NodesFile
	if file == "" {
		return fine("COUNTERSIGN_NODES_FILE is not set: no decision rests on a chain")
	}
	networks, err := network.Load(file)
	if err != nil {
		return failed(nil, "COUNTERSIGN_NODES_FILE cannot be used: %s", err)
	}
	var good, bad []string
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		n, _ := networks[name].Settings() // checked when it was read
		for _, url := range n.URLs {
			if node, err := chain.Dial(ctx, url, n.ChainID); err != nil {
				bad = append(bad, fmt.Sprintf("%s: %s", name, err))
			} else {
				good = append(good, fmt.Sprintf("%s: %s", name, node))
			}
		}
	}
	switch {
	case len(networks) == 0:
		return warning(nil, "COUNTERSIGN_NODES_FILE names no node")
	case len(bad) > 0:
		return failed(bad, "nodes that do not answer for their chain: %d of %d", len(bad), len(bad)+len(good))
	}
	return found(OK, good, "nodes that answer for their chain: all %d", len(good))
}

// screeningLists reads every list as the worker would.
func screeningLists(ctx context.Context, p *patient) finding {
	file := p.config.Rules.ScreeningFile
	if file == "" {
		return fine("COUNTERSIGN_SCREENING_FILE is not set: nothing is screened")
	}
	s, err := setup.Load(file)
	if err != nil {
		return failed(nil, "COUNTERSIGN_SCREENING_FILE cannot be used: %s", err)
	}
	_, _ = s.Refresh(ctx) // what failed stands in the state of the lists
	var good, old []string
	for _, l := range s.Lists() {
		if l.Stale {
			old = append(old, state(l))
			continue
		}
		good = append(good, state(l))
	}
	if len(old) > 0 {
		return failed(old, "screening lists that are stale or could not be read: %d of %d", len(old), len(old)+len(good))
	}
	return found(OK, good, "screening lists that are current: all %d", len(good))
}

func state(l screening.ListInfo) string {
	switch {
	case l.Error != "":
		return fmt.Sprintf("%s: %s", l.Name, l.Error)
	case l.Stale:
		return fmt.Sprintf("%s: %d seconds old, which is too old", l.Name, l.AgeSeconds)
	}
	return fmt.Sprintf("%s: version %s, %d entries", l.Name, l.Version, l.Entries)
}

func peopleFile(_ context.Context, p *patient) finding {
	file := p.config.Rules.PeopleFile
	if file == "" {
		return warning(nil, "COUNTERSIGN_PEOPLE_FILE is not set: nobody says who controls our service account")
	}
	groups, err := people.Load(file)
	if err != nil {
		return failed(nil, "COUNTERSIGN_PEOPLE_FILE cannot be used: %s", err)
	}
	ours := groups.Of(p.us)
	if len(ours) == 0 {
		return warning(nil, "COUNTERSIGN_PEOPLE_FILE does not name our service account %s", p.us)
	}
	return found(OK, ours, "groups of identities with our service account: %d", len(ours))
}
