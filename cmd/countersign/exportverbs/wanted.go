package exportverbs

import (
	"fmt"
	"strings"
	"time"

	"countersign/audit"
	"countersign/audit/known"
	"countersign/cmd/countersign/control"
	"countersign/store"

	"github.com/spf13/pflag"
)

// wanted is what the flags ask for.
type wanted struct {
	since, until                                string
	wallet, approval, initiator, decision, kind string
	by                                          string
	evidence                                    bool
	query                                       store.Query
	// picked say the filters for people, and bounds the days, and whether evidence is wanted.
	picked, bounds []string
}

func (w *wanted) flags(f *pflag.FlagSet) {
	f.StringVar(&w.since, "from", "", "only what was signed on this `day` or later (2026-05-01, UTC, or a time of RFC 3339)")
	f.StringVar(&w.until, "to", "", "only what was signed on this `day` or earlier; a time is not included itself")
	f.StringVar(&w.wallet, "wallet", "", "only records about this wallet `ID`")
	f.StringVar(&w.approval, "approval", "", "only records about this approval `ID`")
	f.StringVar(&w.initiator, "initiator", "", "only records about what this user `ID` asked for")
	f.StringVar(&w.decision, "decision", "", "only records that say `approve`, reject or abstain")
	f.StringVar(&w.kind, "type", "", "only records of this `type`, e.g. decision.intent")
	f.BoolVar(&w.evidence, "with-evidence", false, "with what the records name by its SHA-256, such as what services answered")
	f.StringVar(&w.by, "by", control.Whoami(), "who takes it, for the trail")
}

// read reads the flags. Words that no record can hold are refused.
func (w *wanted) read(o Options) (err error) {
	if w.query.Since, err = o.Day("from", w.since); err != nil {
		return err
	}
	if w.query.Until, err = o.LastDay("to", w.until); err != nil {
		return err
	}
	if !w.query.Until.IsZero() && !w.query.Since.Before(w.query.Until) {
		return o.Usage(fmt.Errorf("--to %s lies before --from %s: no record can be between", w.until, w.since))
	}
	if _, err := known.Verdict(w.decision); err != nil {
		return o.Usage(err)
	}
	if w.query.Type, err = known.Type(w.kind); err != nil {
		return o.Usage(err)
	}
	for _, f := range []audit.Facet{
		{Name: audit.FacetWallet, Value: w.wallet}, {Name: audit.FacetApproval, Value: w.approval},
		{Name: audit.FacetInitiator, Value: w.initiator}, {Name: audit.FacetDecision, Value: w.decision},
	} {
		if f.Value != "" {
			w.query.Facets = append(w.query.Facets, f)
			w.picked = append(w.picked, f.Name+" "+f.Value)
		}
	}
	if w.kind != "" {
		w.picked = append(w.picked, "type "+w.kind)
	}
	if !w.query.Since.IsZero() {
		w.bounds = append(w.bounds, "signed at or after "+w.query.Since.UTC().Format(time.RFC3339Nano))
	}
	if !w.query.Until.IsZero() {
		w.bounds = append(w.bounds, "signed before "+w.query.Until.UTC().Format(time.RFC3339Nano))
	}
	if w.evidence {
		w.bounds = append(w.bounds, "with evidence")
	}
	return nil
}

// picks reports whether single records are asked for, and not everything of some time.
func (w *wanted) picks() bool { return len(w.picked) > 0 }

// words say everything that was asked for, in one spelling; empty where all was.
func (w *wanted) words() string {
	return strings.Join(append(append([]string{}, w.picked...), w.bounds...), ", ")
}
