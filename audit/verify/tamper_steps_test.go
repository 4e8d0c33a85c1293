package verify_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/verify"
)

// control is the draft that machines are halted in a scope, or may go on.
func (b *book) control(kind audit.Type, scope string) audit.Draft {
	return audit.Draft{Key: fmt.Sprintf("%s/%s/%d", kind, scope, b.size()), Type: kind, Body: audit.Control{Scope: scope, Reason: "incident 42", By: "ops"}}
}

// under is a draft under another record key.
func under(key string, d audit.Draft) audit.Draft {
	d.Key = key
	return d
}

// like is the draft of an entry.
func like(e audit.Entry) audit.Draft {
	return audit.Draft{Key: e.Record.Key, Type: e.Record.Type, Lineage: e.Record.Lineage, Body: e.Record.Body}
}

// plain is a decision of ana's without budgets, under a checkpoint.
func (f *forger) plain(b *book, verdict countersign.Verdict) audit.Entry {
	in := b.decide("ana", fmt.Sprintf("plain-%d", f.IntN(1000)), verdict)
	b.commit()
	return in
}

// proven is a log whose last record is a post that the custodian proves, and the draft of another with its
// own proof.
func (f *forger) proven(t *testing.T) (b *book, told audit.Post, next audit.Draft) {
	b = f.back(t)
	p := b.add("ana", b.post(f.plain(b, countersign.Approve), audit.Posted))
	b.commit()
	if err := p.Decode(&told); err != nil {
		t.Fatal(err)
	}
	return b, told, b.post(b.decide("ana", "next", countersign.Approve), audit.Posted)
}

// haltedKind is a verdict in a scope that is halted.
func haltedKind(scope string, change func(*testing.T, audit.Draft) audit.Draft) func(*testing.T, *forger) damage {
	return func(t *testing.T, f *forger) damage {
		b := f.back(t)
		b.add("bo", b.control(audit.ControlHalted, scope))
		if f.IntN(2) == 0 {
			b.add("bo", b.control(audit.ControlResumed, "wallet/another"))
		}
		if f.IntN(2) == 0 {
			b.commit()
		}
		c := b.clone(t)
		d := like(c.decide("ana", "while-halted", []countersign.Verdict{countersign.Approve, countersign.Reject}[f.IntN(2)]))
		return f.insider(b, "ana", change(t, d), verify.HaltedIgnored)
	}
}

func unchanged(_ *testing.T, d audit.Draft) audit.Draft { return d }

// member changes one member of a decision.
func member(path string, value any) func(*testing.T, audit.Draft) audit.Draft {
	return func(t *testing.T, d audit.Draft) audit.Draft { return changed(t, d, path, value) }
}

// stepKinds are steps of an approval that a service account signs with its true keys and must not: what is
// told twice, proven twice, or decided where machines are halted. Each record is in order by itself.
var stepKinds = map[string]func(*testing.T, *forger) damage{
	"approval decided twice": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		in := f.plain(b, countersign.Approve)
		return f.insider(b, "ana", under("approval/again", changed(t, like(in), "decision.verdict", "reject")), verify.DecidedTwice)
	},
	"approval decided twice, both posted": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		in := f.plain(b, countersign.Approve)
		b.add("ana", b.post(in, audit.Posted))
		p := b.size()
		second := b.add("ana", under("approval/again", changed(t, like(in), "decision.verdict", "reject")))
		b.commit()
		post := b.post(second, audit.Posted)
		body := post.Body.(audit.Post)
		data := []byte(`{"challenge":"another","crossOrigin":false,"type":"key.get"}`)
		body.Receipt.Proof.ClientData, body.Receipt.Proof.Signature = b64(data), b64(ed25519.Sign(key("credential"), data))
		b.add("ana", under("approval/again/post", post))
		b.commit()
		return f.shows(b, p, verify.DecidedTwice)
	},
	"approval decided under another key first": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		c := b.clone(t)
		d := like(c.decide("ana", "twice", countersign.Abstain))
		b.add("ana", under("approval/first", d))
		return f.insider(b, "ana", d, verify.DecidedTwice)
	},
	"approval decided under two other keys": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		c := b.clone(t)
		d := like(c.decide("ana", "twice", countersign.Reject))
		b.add("ana", under("approval/first", d))
		return f.insider(b, "ana", under("approval/second", d), verify.DecidedTwice)
	},
	"post told void, then posted": func(t *testing.T, f *forger) damage {
		b, in := f.decided(t)
		b.add("ana", b.post(in, audit.Void))
		return f.insider(b, "ana", under("approval/post/again", b.post(in, audit.Posted)), verify.ToldTwice)
	},
	"approval ended twice": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		in := f.plain(b, countersign.Approve)
		b.add("ana", b.end(in, countersign.StatusApproved))
		return f.insider(b, "ana", under("approval/end/again", b.end(in, countersign.StatusApproved)), verify.ToldTwice)
	},
	"user action that proves another post": func(t *testing.T, f *forger) damage {
		b, told, next := f.proven(t)
		b.commit()
		return f.insider(b, "ana", changed(t, next, "receipt", told.Receipt), verify.CustodianSig)
	},
	"challenge that is answered again": func(t *testing.T, f *forger) damage {
		b, told, next := f.proven(t)
		b.commit()
		data := []byte(`{"challenge":"Y2gt` + told.ApprovalID + `","crossOrigin":true,"type":"key.get"}`)
		d := changed(t, next, "receipt.proof.client_data", b64(data))
		return f.insider(b, "ana", changed(t, d, "receipt.proof.signature", b64(ed25519.Sign(key("credential"), data))), verify.CustodianSig)
	},
	"verdict while everything is halted": haltedKind("all", unchanged),
	"verdict while its wallet is halted": haltedKind("wallet/wa-1", unchanged),
	"verdict while its book is halted":   haltedKind("book/treasury", member("books", []string{"main", "treasury"})),
	"verdict while its rule is halted":   haltedKind("rule/payouts", member("applied_rules", []string{"payouts", "more"})),
	"verdict that says it was halted":    haltedKind("wallet/another", member("halted", []string{"all"})),
	"halt that cannot be read": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "bo", changed(t, b.control(audit.ControlHalted, "all"), "scope", 7), verify.BodyUnclear)
	},
}

// What people do while machines are halted, what machines say then, and what they decide elsewhere or
// afterwards, is in order.
func TestAHaltIsNoFault(t *testing.T) {
	b := founded(t)
	decided := func(approval string, verdict countersign.Verdict, change func(*testing.T, audit.Draft) audit.Draft) audit.Entry {
		c := b.clone(t)
		return b.add("ana", change(t, like(c.decide("ana", approval, verdict))))
	}
	before := decided("before", countersign.Approve, unchanged)
	b.add("bo", b.control(audit.ControlHalted, "all"))
	b.commit()
	silent := decided("silent", countersign.Abstain, member("halted", []string{"all"}))
	b.add("ana", b.post(before, audit.Posted)) // on its way when the halt came
	b.add("ana", b.end(silent, countersign.StatusApproved))
	b.add("bo", b.control(audit.ControlHalted, "wallet/another"))
	b.add("bo", b.control(audit.ControlHalted, "rule/another"))
	b.add("cy", b.control(audit.ControlResumed, "all"))
	decided("after", countersign.Approve, member("applied_rules", []string{"payouts"}))
	b.add("bo", b.control(audit.ControlHalted, "book/treasury"))
	decided("other book", countersign.Reject, member("books", []string{"main"}))
	b.add("bo", b.control(audit.ControlResumed, "book/treasury"))
	decided("same book", countersign.Approve, member("books", []string{"treasury"}))
	b.commit()
	if got := read(t, b.source(), b.trust()); !got.OK() || got.Unproven != (verify.Unproven{}) || got.CustodianProofs != 1 {
		t.Errorf("found %+v, unproven %+v, %d proofs", got.Faults, got.Unproven, got.CustodianProofs)
	}
	s := b.between(b.sizes[4], b.size())
	if got := read(t, s, b.trust()); !got.OK() || got.Unproven.Halts != 3 {
		t.Errorf("in a range: %+v, %d verdicts unproven, want 3", got.Faults, got.Unproven.Halts)
	}
}
