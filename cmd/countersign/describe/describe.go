// Package describe says in a line for people what a record on the trail is about.
package describe

import (
	"fmt"
	"strings"
	"time"

	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/complete"
	"countersign/audit/swept"
)

// Record says what a record is about in one line. Of a type that it does not know it says the key.
func Record(e audit.Entry) string {
	if say, ok := sayings[e.Record.Type]; ok {
		if line, err := say(e); err == nil {
			return line
		}
	}
	return e.Record.Key
}

// saying makes a line of a body.
func saying[Body any](line func(Body) string) func(audit.Entry) (string, error) {
	return func(e audit.Entry) (string, error) {
		var b Body
		if err := e.Decode(&b); err != nil {
			return "", err
		}
		return line(b), nil
	}
}

func notice(n audit.Notice) string { return fmt.Sprintf("%s %s", n.Event.Kind, n.Event.Subject) }

func deposited(d booked.Deposit) string {
	return strings.TrimSpace(fmt.Sprintf("%s on %s %s", d.TxHash, d.Network, d.Why))
}

func retracted(r booked.Retracted) string { return fmt.Sprintf("%s is %s", r.SettlementID, r.Now) }

func judged(v swept.Verdict) string { return fmt.Sprintf("%s by %s: %s", v.SweepID, v.By, v.Reason) }

func controlled(c audit.Control) string { return fmt.Sprintf("%s by %s: %s", c.Scope, c.By, c.Reason) }

func ended(k audit.KeyEnd) string {
	return fmt.Sprintf("%s from index %d on: %s", k.KeyID, k.From, k.Reason)
}

// sayings are what is said of each type of record.
var sayings = map[audit.Type]func(audit.Entry) (string, error){
	audit.DecisionIntent: saying(func(in audit.Intent) string {
		return fmt.Sprintf("%s %s (%s): %s", in.ApprovalID, in.Decision.Verdict, in.Decision.Code, in.Decision.Reason)
	}),
	audit.DecisionOutcome: saying(func(p audit.Post) string { return fmt.Sprintf("%s %s %s", p.ApprovalID, p.Verdict, p.Result) }),
	audit.ApprovalOutcome: saying(func(r audit.Resolution) string {
		return fmt.Sprintf("%s ended %s, budgets %s", r.ApprovalID, r.Outcome.Status, r.Budgets)
	}),
	audit.ApprovalEscalated: saying(func(x audit.Escalation) string { return fmt.Sprintf("%s is left to people: %s", x.ApprovalID, x.Code) }),
	audit.HumanDecided: saying(func(h audit.HumanDecision) string {
		return fmt.Sprintf("%s %s by %s", h.ApprovalID, h.Vote.Verdict, h.Vote.UserID)
	}),
	audit.WebhookAccepted: saying(func(d audit.Delivery) string { return fmt.Sprintf("%s %s", d.Event.Kind, d.Event.Subject) }),
	audit.EventNoticed:    saying(notice),
	audit.EventStray:      saying(notice),
	audit.ControlHalted:   saying(controlled),
	audit.ControlResumed:  saying(controlled),
	audit.KeyEnrolled: saying(func(k audit.Enrolment) string {
		return fmt.Sprintf("%s signs %ss of %s", k.KeyID, map[audit.KeyUse]string{audit.RecordKey: "record", audit.LogKey: "checkpoint"}[k.Use], k.Subject)
	}),
	audit.KeyRetired:      saying(ended),
	audit.KeyRevoked:      saying(ended),
	audit.BookChanged:     saying(func(b audit.BookChange) string { return fmt.Sprintf("%s %s decides", b.After.Book, b.After.Version) }),
	audit.ScheduleChanged: saying(audit.ScheduleChange.String),
	audit.ExportMade: saying(func(x audit.Export) string {
		return fmt.Sprintf("%s of %d to %d by %s %s", x.Form, x.From, x.To, x.By, x.Filter)
	}),
	booked.WalletOpened: saying(func(o booked.Opening) string {
		text := fmt.Sprintf("the books of %s on %s begin", o.WalletID, o.Network)
		if n := len(o.LeftOut); n > 0 {
			text += fmt.Sprintf(", without %d that do not answer as tokens", n)
		}
		return text
	}),
	booked.DepositBooked:   saying(deposited),
	booked.DepositDoubtful: saying(deposited),
	booked.DepositVanished: saying(deposited),
	booked.DepositReversed: saying(func(d booked.DepositReversal) string {
		return fmt.Sprintf("%s on %s is %s", d.TxHash, d.Network, d.Now)
	}),
	complete.Certified: saying(func(c complete.Certificate) string {
		return fmt.Sprintf("%s to %s: %s", c.From.Format(time.RFC3339), c.To.Format(time.RFC3339), map[bool]string{true: "complete", false: "NOT COMPLETE"}[c.Complete])
	}),
	booked.SettlementOpened:    saying(func(s booked.Settlement) string { return s.SettlementID + " " + s.Origin }),
	booked.SettlementSubmitted: saying(func(s booked.Submission) string { return s.SettlementID + " is " + s.RequestID }),
	booked.SettlementSettled:   saying(func(s booked.Settled) string { return fmt.Sprintf("%s %s", s.SettlementID, s.State) }),
	booked.SettlementReleased:  saying(func(r booked.Released) string { return fmt.Sprintf("%s %s %s", r.SettlementID, r.State, r.Reason) }),
	booked.SettlementRetracted: saying(retracted),
	booked.SettlementReversed:  saying(retracted),
	booked.SettlementEscalated: saying(func(x booked.SettlementEscalation) string {
		return fmt.Sprintf("%s is left to people: %s", x.SettlementID, x.Issue)
	}),
	booked.SettlementAccepted: saying(func(a booked.Acceptance) string { return fmt.Sprintf("%s by %s: %s", a.SettlementID, a.By, a.Reason) }),
	booked.BatchOpened:        saying(func(b booked.Batch) string { return fmt.Sprintf("%s of %d", b.BatchID, len(b.Legs)) }),
	booked.BatchClosed:        saying(func(b booked.BatchEnd) string { return b.BatchID + " " + b.End }),

	swept.SweepPlanned: saying(func(p swept.Planned) string {
		return strings.TrimSpace(fmt.Sprintf("%s: %d top-ups, %d moves, %d left %s", p.SweepID, p.TopUps, p.Moves, p.Skips, p.Deferred))
	}),
	swept.SweepApproved: saying(judged),
	swept.SweepDeclined: saying(judged),
	swept.SweepClosed: saying(func(c swept.Closed) string {
		return strings.TrimSpace(fmt.Sprintf("%s: %d of %d moved %s", c.SweepID, c.Moved, c.Planned, c.Reason))
	}),

	audit.SignedIn: saying(func(s audit.SignIn) string { return fmt.Sprintf("%s from %s", s.Name, s.Address) }),
	audit.AlarmRaised: saying(func(a audit.Alarm) string {
		return fmt.Sprintf("%s%s %s: %s", a.ApprovalID, a.SettlementID, a.Code, a.What)
	}),
}
