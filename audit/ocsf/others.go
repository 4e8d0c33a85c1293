package ocsf

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/audit/screened"
)

// fillDelivery is for [audit.Delivery] and [audit.Notice]: both have an event.
func fillDelivery(ev *event, e audit.Entry) error {
	var d struct {
		Event countersign.Event `json:"event"`
	}
	if err := e.Decode(&d); err != nil {
		return err
	}
	ev.Message = "webhook " + string(d.Event.Kind)
	ev.StatusCode = string(d.Event.Kind)
	ev.resource("event", d.Event.ID, target)
	ev.resource("subject", d.Event.Subject, related)
	ev.SrcEndpoint = &endpoint{Service: either(d.Event.Source, "custodian")}
	return nil
}

func fillControl(ev *event, e audit.Entry) error {
	var c audit.Control
	if err := e.Decode(&c); err != nil {
		return err
	}
	ev.person(c.By)
	ev.resource("scope", c.Scope, target)
	ev.Message = either(c.Reason, "no reason given")
	return nil
}

func fillRefreshed(ev *event, e audit.Entry) error {
	var r screened.Refreshed
	if err := e.Decode(&r); err != nil {
		return err
	}
	ev.Message = "screening lists changed: " + strings.Join(r.Changed, ", ")
	for _, name := range r.Changed {
		ev.resource("screening list", name, affected)
	}
	return nil
}

func fillExport(ev *event, e audit.Entry) error {
	var x audit.Export
	if err := e.Decode(&x); err != nil {
		return err
	}
	ev.person(x.By)
	ev.resource("log", ev.Metadata.LogName, target)
	ev.Message = fmt.Sprintf("records %d to %d taken as %s", x.From, x.To, either(x.Form, "unknown"))
	ev.StatusDetail = x.Filter
	return nil
}

func fillEnrolment(ev *event, e audit.Entry) error {
	var n audit.Enrolment
	if err := e.Decode(&n); err != nil {
		return err
	}
	ev.person(n.By)
	ev.User = &user{UID: either(n.Subject, either(n.KeyID, "unknown")), UIDAlt: n.KeyID, TypeID: 4, Type: "Service"}
	ev.Message = fmt.Sprintf("key enrolled to sign as %s from index %d", either(string(n.Use), "unknown"), n.From)
	return nil
}

func fillKeyEnd(ev *event, e audit.Entry) error {
	var k audit.KeyEnd
	if err := e.Decode(&k); err != nil {
		return err
	}
	ev.person(k.By)
	// The record names the key alone: uid_alt is the key in both, enrolment and end.
	ev.User = &user{UID: either(k.KeyID, "unknown"), UIDAlt: k.KeyID, TypeID: 99, Type: "Signing key"}
	ev.Message = fmt.Sprintf("key signs nothing from index %d", k.From)
	ev.StatusDetail = k.Reason
	return nil
}

func fillBook(ev *event, e audit.Entry) error {
	var b audit.BookChange
	if err := e.Decode(&b); err != nil {
		return err
	}
	before := b.After
	if b.Before != nil {
		before = *b.Before
	} else {
		ev.ActivityID, ev.ActivityName = create.id, create.name
	}
	ev.Entity, ev.EntityResult = bookEntity(before), bookEntity(b.After)
	ev.Message = fmt.Sprintf("rule book %s %s decides", b.After.Book, b.After.Version)
	if b.Shadow {
		ev.Message = fmt.Sprintf("rule book %s %s is evaluated beside the one that decides", b.After.Book, b.After.Version)
		ev.level(low)
	}
	return nil
}

func bookEntity(r audit.Rules) *entity {
	return &entity{Name: either(r.Book, "unnamed"), TypeID: 5, Type: "Policy", Version: r.Version, Policy: rulesPolicy(r)}
}

func fillSchedule(ev *event, e audit.Entry) error {
	var s audit.ScheduleChange
	if err := e.Decode(&s); err != nil {
		return err
	}
	switch s.Change {
	case "created":
		ev.ActivityID, ev.ActivityName = create.id, create.name
	case "updated":
	default:
		ev.ActivityID, ev.ActivityName = other.id, either(s.Change, "changed")
	}
	ev.Entity = &entity{Name: either(s.Schedule, "unnamed"), TypeID: 99, Type: "Schedule"}
	ev.Message = fmt.Sprintf("schedule %s %s", s.Schedule, s.Change)
	return nil
}

func fillSignIn(ev *event, e audit.Entry) error {
	var s audit.SignIn
	if err := e.Decode(&s); err != nil {
		return err
	}
	ev.User = &user{UID: either(s.Name, "unknown"), TypeID: 4, Type: "Service"}
	ev.Service = &named{Name: "countersign API"}
	if ip, ok := address(s.Address); ok {
		ev.SrcEndpoint = &endpoint{IP: ip}
	}
	ev.Message = "token first used"
	ev.StatusDetail = strings.Join(s.Scopes, " ")
	return nil
}

// address is the IP address of host:port, or of an address alone.
func address(s string) (string, bool) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	ip, err := netip.ParseAddr(s)
	return ip.Unmap().WithZone("").String(), err == nil
}
