package verify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/verify"
)

// decided is a log with a decision of ana's at its end, under a checkpoint.
func (f *forger) decided(t *testing.T) (b *book, in audit.Entry) {
	b = f.back(t)
	in = b.decide("ana", fmt.Sprintf("new-%d", f.IntN(1000)), countersign.Approve, b.claim(uint64(1+f.IntN(500)), 100_000))
	b.commit()
	return b, in
}

// changed is a draft whose body has another value under a name.
func changed(t *testing.T, d audit.Draft, path string, value any) audit.Draft {
	t.Helper()
	text, err := json.Marshal(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatal(err)
	}
	at := body
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		if list, ok := at[name].([]any); ok {
			at = list[0].(map[string]any)
			continue
		}
		at = at[name].(map[string]any)
	}
	at[names[len(names)-1]] = value
	d.Body = body
	return d
}

// again is a decision like another, for the end of the log.
func (f *forger) again(t *testing.T, b *book, path string, value any) audit.Draft {
	c := b.clone(t)
	e := c.decide("ana", fmt.Sprintf("again-%d", f.IntN(1000)), countersign.Approve, c.claim(uint64(1+f.IntN(500)), 100_000))
	return changed(t, audit.Draft{Key: e.Record.Key, Type: e.Record.Type, Body: e.Record.Body}, path, value)
}

// posting is a post of a decision with one thing changed.
func posting(path string, value any, code verify.FaultCode) func(*testing.T, *forger) damage {
	return func(t *testing.T, f *forger) damage {
		b, in := f.decided(t)
		return f.insider(b, "ana", changed(t, b.post(in, audit.Posted), path, value), code)
	}
}

// insiderKinds are what a service account can sign itself and must not. They show at the
// record.
var insiderKinds = map[string]func(*testing.T, *forger) damage{
	"post of no intent":            posting("intent", audit.LeafHash("never"), verify.IntentMissing),
	"post without naming one":      posting("intent", "", verify.IntentMissing),
	"post of another verdict":      posting("verdict", "reject", verify.IntentDiffers),
	"post of no verdict":           posting("verdict", "maybe", verify.IntentDiffers),
	"post of another approval":     posting("approval_id", "ap-other", verify.IntentDiffers),
	"reason that names nothing":    posting("reason", "fine", verify.Reference),
	"user action that nobody made": posting("receipt.proof.signature", b64(make([]byte, 64)), verify.CustodianSig),
	"client data of another":       posting("receipt.proof.client_data", b64([]byte(`{"challenge":"other"}`)), verify.CustodianSig),
	"post before its intent": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		later := b.clone(t)
		later.add("bo", later.notice("in the place of the post"))
		in := later.decide("ana", "early", countersign.Approve)
		p := b.size()
		b.add("bo", b.post(in, audit.Posted))
		b.put("ana", in)
		b.commit()
		return f.shows(b, p, verify.IntentMissing)
	},
	"post under no checkpoint": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		in := b.decide("ana", "hasty", countersign.Approve)
		p := b.size()
		b.add("ana", b.post(in, audit.Posted))
		b.commit()
		return f.noted(b, p, verify.IntentUnsaid)
	},
	"post of an abstention": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		in := b.decide("ana", "silent", countersign.Abstain)
		b.commit()
		return f.insider(b, "ana", b.post(in, audit.Posted), verify.IntentDiffers)
	},
	"reason that names another place": func(t *testing.T, f *forger) damage {
		b, in := f.decided(t)
		other := in
		other.Index = f.Int64N(in.Index)
		return f.insider(b, "ana", changed(t, b.post(in, audit.Found), "reason", b.reasonOf(other)), verify.Reference)
	},
	"reason that names another record": func(t *testing.T, f *forger) damage {
		b, in := f.decided(t)
		other := in
		other.LeafHash = audit.LeafHash(fmt.Sprint(f.Uint64()))
		return f.insider(b, "ana", changed(t, b.post(in, audit.Posted), "reason", b.reasonOf(other)), verify.Reference)
	},
	"end of no intent": func(t *testing.T, f *forger) damage {
		b, in := f.decided(t)
		return f.insider(b, "bo", changed(t, b.end(in, countersign.StatusApproved), "intent", b.entries[f.IntN(4)].LeafHash), verify.IntentMissing)
	},
	"end that keeps what did not move": func(t *testing.T, f *forger) damage {
		b, in := f.decided(t)
		return f.insider(b, "ana", changed(t, b.end(in, countersign.StatusApproved), "budgets", "released"), verify.BudgetDiffers)
	},
	"budget overdrawn": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		d := f.again(t, b, "budgets.amount", fmt.Sprint(100_001+f.IntN(1000)))
		return f.insider(b, "ana", d, verify.Overdrawn)
	},
	"budget said to hold another sum": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		held := b.held("mint/day", b.now().Add(-24*1e9*3600))
		d := f.again(t, b, "budgets.before", fmt.Sprint(held+1+f.Uint64N(50_000)))
		if held > 0 && f.IntN(2) == 0 {
			d = f.again(t, b, "budgets.before", fmt.Sprint(f.Uint64N(held)))
		}
		return f.insider(b, "ana", d, verify.BudgetDiffers)
	},
	"balance that does not fit": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "ana", f.again(t, b, "budgets.fits", false), verify.BudgetDiffers)
	},
	"maker is checker": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "ana", f.again(t, b, "initiator_id", "ana"), verify.SameHands)
	},
	"maker and checker of one group": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		d := f.again(t, b, "maker_groups", []string{"desk"})
		return f.insider(b, "ana", changed(t, d, "checker_groups", []string{"other", "desk"}), verify.SameHands)
	},
	"verdict that is none": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "ana", f.again(t, b, "decision.verdict", "perhaps"), verify.BodyUnclear)
	},
	"verdict in two cases": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "ana", f.again(t, b, "Decision", map[string]string{"verdict": "reject"}), verify.BodyUnclear)
	},
	"verdict twice": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		d := f.again(t, b, "custodian", "dfns")
		text, err := json.Marshal(d.Body)
		if err != nil {
			t.Fatal(err)
		}
		d.Body = json.RawMessage(strings.Replace(string(text), `"decision":`, `"decision":{"verdict":"reject"},"decision":`, 1))
		return f.insider(b, "ana", d, verify.BodyUnclear)
	},
	"body that is no object": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "ana", audit.Draft{Key: "odd", Type: audit.DecisionIntent, Body: "approve"}, verify.BodyUnclear)
	},
	"record of another deployment": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		b.issuer = "other"
		p := b.size()
		b.add("bo", b.notice("elsewhere"))
		b.commit()
		return f.shows(b, p, verify.IssuerDiffers)
	},
	"author who miscounts": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		h := b.heads["bo"]
		h.Seq += 1 + f.Int64N(3)
		b.heads["bo"] = h
		return f.insider(b, "bo", b.notice("miscounted"), verify.ChainBroken)
	},
	"author who follows another record": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		h := b.heads["bo"]
		h.Prev = audit.ChainHash(b.entries[f.IntN(3)].JWS)
		b.heads["bo"] = h
		return f.insider(b, "bo", b.notice("misled"), verify.ChainBroken)
	},
	"key told twice": func(t *testing.T, f *forger) damage {
		b := f.back(t)
		return f.insider(b, "bo", audit.Draft{Key: b.entries[f.IntN(len(b.entries))].Record.Key, Type: audit.EventStray, Body: audit.Notice{}}, verify.KeyReused)
	},
}

// rangeKinds are damage to what stands around a range. They show where it begins, those of
// records in front of it where those begin.
var rangeKinds = map[string]func(*testing.T, *forger) damage{
	"bit of the frontier": func(_ *testing.T, f *forger) damage {
		d, from := f.ranged()
		d.Frontier[f.IntN(len(d.Frontier))][f.IntN(32)] ^= 1 << f.IntN(8)
		d.index, d.codes = from, []verify.FaultCode{verify.FrontierDiffers}
		return d
	},
	"frontier too short": func(_ *testing.T, f *forger) damage {
		d, from := f.ranged()
		d.Frontier, d.index = d.Frontier[1:], from
		return d
	},
	"record in front of the range": func(_ *testing.T, f *forger) damage {
		d, from := f.ranged()
		f.entries[f.Int64N(from)] = f.entries[from]
		for i := range from {
			f.entries[i].Index = i
		}
		d.codes = []verify.FaultCode{verify.FrontierDiffers}
		d.Entries = all(f.entries)
		d.index = 0
		return d
	},
	"bit of the first checkpoint": func(_ *testing.T, f *forger) damage {
		d, _ := f.ranged()
		d.First = f.flip(d.First) // nothing can be read then
		return d
	},
	"record in a range": func(_ *testing.T, f *forger) damage {
		d, from := f.ranged()
		p := from + f.Int64N(f.size()-from)
		f.entries[p].JWS = changeLetter(f.Rand, f.entries[p].JWS, f.IntN(3))
		d.Entries, d.index = all(f.entries), p
		return d
	},
	"range that ends early": func(_ *testing.T, f *forger) damage {
		d, from := f.ranged()
		p := from + f.Int64N(f.size()-from)
		d.Entries, d.index = all(f.entries[:p]), p
		return d
	},
	"receipt of a key": func(_ *testing.T, f *forger) damage {
		d, from := f.ranged()
		var texts [][]byte
		for text := range d.Keys {
			texts = append(texts, text)
		}
		i := f.IntN(len(texts))
		texts[i] = f.flip(texts[i])
		d.Keys, d.until = all2(texts), from // its own index, or where its key is missed
		return d
	},
}

// ranged is the range from a random commit to the end, without stored checkpoints.
func (f *forger) ranged() (damage, int64) {
	from := f.sizes[3+f.IntN(len(f.sizes)-4)]
	s := f.between(from, f.size())
	s.Checkpoints = nil
	return damage{Source: s, Trust: f.trust()}, from
}
