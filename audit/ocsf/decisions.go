package ocsf

import (
	"fmt"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/audit/facet"
	"countersign/audit/screened"
)

func fillIntent(ev *event, e audit.Entry) error {
	var in audit.Intent
	if err := e.Decode(&in); err != nil {
		return err
	}
	ev.approval(in.ApprovalID)
	ev.verdict(in.Decision.Verdict)
	ev.Message, ev.StatusCode = in.Decision.Reason, string(in.Decision.Code)
	if in.Rules.Book != "" || in.Rules.Digest != "" {
		ev.Policy = rulesPolicy(in.Rules)
	}
	for _, f := range e.Record.Facets() {
		if f.Value == facet.More {
			continue // how many more there are stands in the body
		}
		switch f.Name {
		case audit.FacetWallet, audit.FacetPolicy, audit.FacetContract:
			ev.resource(f.Name, f.Value, affected)
		}
	}
	return nil
}

func fillPost(ev *event, e audit.Entry) error {
	var p audit.Post
	if err := e.Decode(&p); err != nil {
		return err
	}
	ev.approval(p.ApprovalID)
	ev.StatusCode = either(string(p.Code), string(p.Result))
	ev.Message = either(p.Why, either(p.Reason, string(p.Result)))
	switch p.Result {
	case audit.Void:
		ev.findingOf(e, high, "decision_void", p.Why)
	case audit.Conflict:
		ev.findingOf(e, critical, "decision_conflict", either(p.Why, "the custodian holds another verdict under our name"))
	case audit.Moot:
		ev.dispose(noAction)
		ev.status(2, "Failure")
	case audit.Posted, audit.Found:
		ev.verdict(p.Verdict)
	default:
		ev.dispose(unclear)
	}
	return nil
}

func fillHuman(ev *event, e audit.Entry) error {
	var d audit.HumanDecision
	if err := e.Decode(&d); err != nil {
		return err
	}
	ev.approval(d.ApprovalID)
	ev.person(d.Vote.UserID)
	ev.verdict(d.Vote.Verdict)
	ev.Message = either(d.Vote.Reason, "a person has decided")
	ev.StatusDetail = d.Missing
	return nil
}

func fillResolution(ev *event, e audit.Entry) error {
	var r audit.Resolution
	if err := e.Decode(&r); err != nil {
		return err
	}
	ev.approval(r.ApprovalID)
	ev.StatusCode = string(r.Outcome.Status)
	ev.Message = fmt.Sprintf("approval %s", either(string(r.Outcome.Status), "ended"))
	switch r.Outcome.Status {
	case countersign.StatusApproved:
		ev.dispose(allowed)
	case countersign.StatusDenied:
		ev.dispose(denied)
	case countersign.StatusExpired:
		ev.dispose(noAction)
	default:
		ev.dispose(unclear)
	}
	if r.Overruled {
		ev.level(medium)
		ev.Message += " against our decision"
	}
	return nil
}

func fillEscalation(ev *event, e audit.Entry) error {
	var s audit.Escalation
	if err := e.Decode(&s); err != nil {
		return err
	}
	ev.approval(s.ApprovalID)
	ev.dispose(delayed)
	ev.Message, ev.StatusCode = s.Reason, string(s.Code)
	return nil
}

func fillRescreened(ev *event, e audit.Entry) error {
	var r screened.Rescreened
	if err := e.Decode(&r); err != nil {
		return err
	}
	ev.approval(r.ApprovalID)
	ev.dispose(detected)
	alert := true
	ev.IsAlert, ev.StatusCode = &alert, r.Screening
	if r.Screening == "hit" {
		ev.level(high)
	}
	ev.Message = fmt.Sprintf("%d addresses of a decided approval are not clear any more: %s", r.Count, r.Screening)
	for _, a := range r.Addresses {
		ev.resource("address", a.Address, related)
	}
	return nil
}

func fillAlarm(ev *event, e audit.Entry) error {
	var a audit.Alarm
	if err := e.Decode(&a); err != nil {
		return err
	}
	s := high
	if a.Code == audit.UsedOutside || a.Code == audit.OtherVerdict || a.Code == audit.FinalityBroken {
		s = critical
	}
	ev.approval(a.ApprovalID)
	ev.resource("settlement", a.SettlementID, target)
	ev.findingOf(e, s, either(string(a.Code), "alarm"), a.What)
	ev.Message, ev.StatusCode = a.What, string(a.Code)
	return nil
}

// verdict says what a verdict did: a forgotten one is an abstention.
func (ev *event) verdict(v countersign.Verdict) {
	switch v {
	case countersign.Approve:
		ev.dispose(allowed)
	case countersign.Reject:
		ev.dispose(denied)
		ev.level(medium)
	default:
		ev.dispose(delayed)
		ev.level(low)
	}
}

// approval names the approval that the record is about.
func (ev *event) approval(id string) {
	ev.resource("approval", id, target)
	ev.Metadata.CorrelationUID = either(ev.Metadata.CorrelationUID, id)
}

func rulesPolicy(r audit.Rules) *policy {
	return &policy{Name: r.Book, UID: r.Digest, Version: r.Version, Type: "rule book"}
}

// A role is what a resource is to the event.
type role struct {
	id   int32
	name string
}

var (
	target   = role{1, "Target"}
	affected = role{3, "Affected"}
	related  = role{4, "Related"}
)

func (ev *event) resource(kind, id string, r role) {
	if id != "" {
		ev.Resources = append(ev.Resources, resource{UID: id, Type: kind, RoleID: r.id, Role: r.name})
	}
}

// service makes a service account the actor, person somebody by a name of their own.
func (ev *event) service(id string) { ev.actor(id, 4, "Service") }
func (ev *event) person(id string)  { ev.actor(id, 1, "User") }

func (ev *event) actor(id string, typeID int32, name string) {
	switch {
	case strings.TrimSpace(id) != "":
		ev.Actor = &actor{User: &user{UID: id, TypeID: typeID, Type: name}}
	case ev.Actor == nil:
		ev.Actor = &actor{AppName: "countersign"}
	}
}
