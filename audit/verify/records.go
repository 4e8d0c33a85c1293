package verify

import (
	"fmt"
	"math"

	"countersign/audit"
	"countersign/audit/form"
	"countersign/audit/verify/rows"
)

// A chain is the end of one author's records.
type chain struct {
	seq  int64
	prev string
	last [64]byte // the last record's, once there is one
	any  bool
}

// nobody is in the place of the key of a record that is not believed.
const nobody = math.MaxUint32

// record looks at a record in its place. What is said by one that is not authentic is
// passed over: the next of its author will not follow.
func (v *verifier) record(r *rows.Row) { v.believed = append(v.believed, v.judge(r)) }

// judge returns the number of the key that is believed, or nobody.
func (v *verifier) judge(r *rows.Row) uint32 {
	fault := func(code FaultCode, format string, args ...any) {
		v.report.fault(r.Index, form.Text(r.Payload.Key), code, fmt.Sprintf(format, args...))
	}
	if r.Ill != "" {
		fault(NotARecord, "%s", r.Ill)
		return nobody
	}
	if !v.authentic(r, fault) {
		return nobody
	}
	p := &r.Payload
	if r.Key+r.Kind != "" && (r.Key != form.Text(p.Key) || r.Kind != form.Text(p.Type)) {
		fault(ColumnDiffers, "stored under key %.200q and type %.60q, signed as %.60q", r.Key, r.Kind, form.Text(p.Type))
	}
	if p.Index != r.Index {
		fault(PlaceDiffers, "signed for index %d", p.Index)
	}
	if v.issuer == nil {
		v.issuer = append([]byte{}, p.Issuer...)
	}
	if string(p.Issuer) != string(v.issuer) {
		fault(IssuerDiffers, "it is a record of %.80q, the log is that of %.80q", p.Issuer, v.issuer)
	}
	if at, used := v.used[r.Digest]; used {
		fault(KeyReused, "its key is used before, at index %d", at)
	}
	v.used[r.Digest] = r.Index
	v.follows(r, fault)
	switch audit.Type(p.Type) {
	case audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked:
		v.learn(r, fault)
	case audit.DecisionIntent:
		v.report.Decisions++
		v.intent(r, fault)
	case audit.DecisionOutcome, audit.ApprovalOutcome:
		v.outcome(r, fault)
	case audit.ControlHalted, audit.ControlResumed:
		if r.Facts.Unclear != "" {
			fault(BodyUnclear, "%s", r.Facts.Unclear)
			break
		}
		v.steps.Control(r)
	case audit.AlarmRaised:
		v.report.Alarms++
	}
	return r.Known.Number
}

// follows checks the author's chain.
func (v *verifier) follows(r *rows.Row, fault faulter) {
	p := &r.Payload
	c := v.chains[string(p.Subject)]
	if c == nil {
		c = &chain{}
		if v.from > 0 { // where it was before the range, only it says
			c.seq, c.prev = p.Seq, string(p.Prev)
			v.report.Unproven.Chains++
		}
		v.chains[string(p.Subject)] = c
	}
	prev := string(p.Prev) == c.prev
	if c.any {
		prev = string(p.Prev) == string(c.last[:])
	}
	if p.Seq != c.seq || !prev {
		fault(ChainBroken, "record %d of %.80q on %.16q does not follow its author's record %d", p.Seq, p.Subject, p.Prev, c.seq-1)
	}
	c.seq, c.last, c.any = p.Seq+1, r.Chain, true
}

// A faulter reports what is wrong with the record in hand.
type faulter = func(code FaultCode, format string, args ...any)
