package ocsf

import (
	"fmt"
	"strings"

	"countersign/audit"
)

// The types of package swept. It is not imported: it knows plans, and a verifier, which holds
// this package, is to hold no planner. The corpus has one of each.
const (
	sweepPlanned  audit.Type = "sweep.planned"
	sweepApproved audit.Type = "sweep.approved"
	sweepDeclined audit.Type = "sweep.declined"
	sweepClosed   audit.Type = "sweep.closed"
)

// fillSweep is for the plan of a sweep and for what people said of it.
func fillSweep(ev *event, e audit.Entry) error {
	var s struct {
		SweepID  string `json:"sweep_id"`
		Network  string `json:"network"`
		Deferred string `json:"deferred"`
		TopUps   int    `json:"top_ups"`
		Moves    int    `json:"moves"`
		By       string `json:"by"`
		Reason   string `json:"reason"`
	}
	if err := e.Decode(&s); err != nil {
		return err
	}
	if s.By != "" {
		ev.person(s.By)
	}
	ev.resource("sweep", s.SweepID, target)
	ev.resource("network", s.Network, related)
	ev.StatusDetail = either(s.Reason, s.Deferred)
	_, word, _ := strings.Cut(string(e.Record.Type), ".")
	ev.Message = fmt.Sprintf("%s is %s", either(s.SweepID, "an unknown sweep"), word)
	if e.Record.Type == sweepPlanned {
		ev.Message += fmt.Sprintf(": %d top-ups and %d moves", s.TopUps, s.Moves)
	}
	return nil
}

func fillReport(ev *event, e audit.Entry) error {
	var c struct {
		SweepID  string `json:"sweep_id"`
		Network  string `json:"network"`
		Reason   string `json:"reason"`
		Planned  int    `json:"planned"`
		Moved    int    `json:"moved"`
		Failed   int    `json:"failed"`
		UnderWay int    `json:"under_way"`
		NotBegun int    `json:"not_begun"`
	}
	if err := e.Decode(&c); err != nil {
		return err
	}
	ev.resource("sweep", c.SweepID, target)
	ev.resource("network", c.Network, related)
	ev.StatusDetail = c.Reason
	ev.Message = fmt.Sprintf("%s has moved %d of %d, %d failed, %d are under way, %d were not begun", either(c.SweepID, "an unknown sweep"), c.Moved, c.Planned, c.Failed, c.UnderWay, c.NotBegun)
	if c.Moved < c.Planned {
		ev.level(medium)
	}
	return nil
}
