package rule

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"countersign/sandbox/dfns"
)

type elliptic struct {
	RiskScoreThreshold Decimal `json:"riskScoreThreshold"`
	TriggeredRules     struct {
		RuleIDs    []string `json:"ruleIds"`
		Categories []string `json:"categories"`
	} `json:"triggeredRules"`
	FallbackBehaviours struct {
		SkipUnscreenableTransaction bool `json:"skipUnscreenableTransaction"`
		SkipUnsupportedNetwork      bool `json:"skipUnsupportedNetwork"`
		SkipEllipticFailure         bool `json:"skipEllipticFailure"`
	} `json:"fallbackBehaviours"`
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (e *elliptic) check() error {
	score := e.RiskScoreThreshold.Rat()
	if score.Sign() < 0 || score.Cmp(big.NewRat(10, 1)) > 0 {
		return dfns.BadRequest("rule.configuration.riskScoreThreshold must be 0 to 10, not %s", e.RiskScoreThreshold)
	}
	for _, id := range e.TriggeredRules.RuleIDs {
		if !uuidForm.MatchString(id) {
			return dfns.BadRequest("rule.configuration.triggeredRules.ruleIds: %q must be a UUID", id)
		}
	}
	if slices.Contains(e.TriggeredRules.Categories, "") {
		return dfns.BadRequest("rule.configuration.triggeredRules.categories holds an empty name")
	}
	return nil
}

func (e *elliptic) find(q Question) (Finding, error) {
	f := e.FallbackBehaviours
	among := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
	}
	// Elliptic has no fallback for an asset, so an unsupported one is a failure.
	return screen(q, skips{f.SkipUnscreenableTransaction, f.SkipUnsupportedNetwork, f.SkipEllipticFailure, f.SkipEllipticFailure},
		func(s Screening) string { return s.Elliptic.Unable },
		func(s Screening) Finding {
			if s.Elliptic.RiskScore.Rat().Cmp(e.RiskScoreThreshold.Rat()) >= 0 {
				return triggers(fmt.Sprintf("risk score %s reaches %s", s.Elliptic.RiskScore, e.RiskScoreThreshold))
			}
			for _, id := range s.Elliptic.RuleIDs {
				if among(e.TriggeredRules.RuleIDs, id) {
					return triggers("risk rule " + id + " matched")
				}
			}
			for _, name := range s.Elliptic.Categories {
				if among(e.TriggeredRules.Categories, name) {
					return triggers("category " + name + " matched")
				}
			}
			return passes(fmt.Sprintf("risk score %s is below %s", s.Elliptic.RiskScore, e.RiskScoreThreshold))
		}), nil
}

type globalLedger struct {
	RiskScoreThreshold int `json:"riskScoreThreshold"`
	FallbackBehaviours struct {
		SkipUnscreenableTransaction bool `json:"skipUnscreenableTransaction"`
		SkipUnsupportedNetwork      bool `json:"skipUnsupportedNetwork"`
		SkipUnsupportedAsset        bool `json:"skipUnsupportedAsset"`
		SkipGlobalLedgerFailure     bool `json:"skipGlobalLedgerFailure"`
	} `json:"fallbackBehaviours"`
}

func (g *globalLedger) check() error {
	if g.RiskScoreThreshold < 0 || g.RiskScoreThreshold > 100 {
		return dfns.BadRequest("rule.configuration.riskScoreThreshold must be 0 to 100, not %d", g.RiskScoreThreshold)
	}
	return nil
}

func (g *globalLedger) find(q Question) (Finding, error) {
	f := g.FallbackBehaviours
	return screen(q, skips{f.SkipUnscreenableTransaction, f.SkipUnsupportedNetwork, f.SkipUnsupportedAsset, f.SkipGlobalLedgerFailure},
		func(s Screening) string { return s.GlobalLedger.Unable },
		func(s Screening) Finding {
			said := s.GlobalLedger
			switch {
			case said.RiskScore >= g.RiskScoreThreshold:
				return triggers(fmt.Sprintf("risk score %d reaches %d", said.RiskScore, g.RiskScoreThreshold))
			case said.Alerts > 0:
				return triggers(fmt.Sprintf("there are %d alerts", said.Alerts))
			}
			return passes(fmt.Sprintf("risk score %d is below %d", said.RiskScore, g.RiskScoreThreshold))
		}), nil
}

// travelRule applies to transfers only. DFNS waits for the counterparty; here the answer
// stands in the file, so one that is missing counts as a timeout.
type travelRule struct {
	Vendor                                string `json:"vendor"`
	AutoTriggerTimeoutSeconds             int    `json:"autoTriggerTimeoutSeconds"`
	AutoClearAfterDeliveredTimeoutSeconds *int   `json:"autoClearAfterDeliveredTimeoutSeconds,omitempty"`
}

func (t *travelRule) check() error {
	clear := t.AutoClearAfterDeliveredTimeoutSeconds
	switch {
	case t.Vendor == "Sumsub":
		return dfns.NotImplemented("travel rule vendor Sumsub; it has Notabene")
	case t.Vendor != "Notabene":
		return dfns.BadRequest("rule.configuration.vendor must be Notabene, not %q", t.Vendor)
	case t.AutoTriggerTimeoutSeconds < 0 || clear != nil && *clear < 0:
		return dfns.BadRequest("rule.configuration: a timeout must be at least 0 seconds")
	}
	return nil
}

func (t *travelRule) find(q Question) (Finding, error) {
	if !q.Transfer {
		return passes("only transfers are under the travel rule"), nil
	}
	said, err := q.Facts.Screening(q.Party)
	switch {
	case err != nil:
		return triggers("screening failed"), nil
	case said.Notabene.Status == "Accepted":
		return passes("the counterparty accepted"), nil
	case said.Notabene.Status == "Delivered" && t.AutoClearAfterDeliveredTimeoutSeconds != nil:
		return passes("it was delivered, which clears it in time"), nil
	case said.Notabene.Status == "Rejected":
		return triggers("the counterparty rejected"), nil
	}
	return triggers("the counterparty did not answer in time"), nil
}
