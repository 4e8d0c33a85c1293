package rule

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"countersign/sandbox/dfns"
)

// chainalysisIn is the configuration of ChainalysisTransactionScreening.
type chainalysisIn struct {
	Alerts struct {
		AlertLevel  string `json:"alertLevel"`
		CategoryIDs []int  `json:"categoryIds"`
	} `json:"alerts"`
	Exposures struct {
		Direct categories `json:"direct"`
	} `json:"exposures"`
	UserIDTemplate     *string              `json:"userIdTemplate,omitempty"`
	FallbackBehaviours chainalysisFallbacks `json:"fallbackBehaviours"`
}

// categories are those that count; none means all.
type categories struct {
	CategoryIDs []int `json:"categoryIds"`
}

type chainalysisFallbacks struct {
	SkipUnscreenableTransaction bool `json:"skipUnscreenableTransaction"`
	SkipUnsupportedNetwork      bool `json:"skipUnsupportedNetwork"`
	SkipUnsupportedAsset        bool `json:"skipUnsupportedAsset"`
	SkipChainalysisFailure      bool `json:"skipChainalysisFailure"`
}

// templateForm is the schema's pattern of userIdTemplate.
var templateForm = regexp.MustCompile(`^([a-zA-Z0-9_:-]|\{wallet\.id\}|\{wallet\.externalId\})+$`)

func (c *chainalysisIn) check() error {
	if !slices.Contains(levels, c.Alerts.AlertLevel) {
		return dfns.BadRequest("rule.configuration.alerts.alertLevel must be LOW, MEDIUM, HIGH or SEVERE, not %q", c.Alerts.AlertLevel)
	}
	if t := c.UserIDTemplate; t != nil && (len(*t) > 50 || !templateForm.MatchString(*t)) {
		return dfns.BadRequest("rule.configuration.userIdTemplate %q must be 1 to 50 letters, digits and variables", *t)
	}
	return checkCategories(c.Alerts.CategoryIDs, c.Exposures.Direct.CategoryIDs)
}

func checkCategories(lists ...[]int) error {
	for _, ids := range lists {
		for _, id := range ids {
			if id < 1 {
				return dfns.BadRequest("rule.configuration: category ID %d must be above 0", id)
			}
		}
	}
	return nil
}

func (c *chainalysisIn) find(q Question) (Finding, error) { return c.screen(q, nil), nil }

// screen finds by alerts and exposures and, unless it is nil, by the identified address.
func (c *chainalysisIn) screen(q Question, addresses *categories) Finding {
	f := c.FallbackBehaviours
	return screen(q, skips{f.SkipUnscreenableTransaction, f.SkipUnsupportedNetwork, f.SkipUnsupportedAsset, f.SkipChainalysisFailure},
		func(s Screening) string { return s.Chainalysis.Unable },
		func(s Screening) Finding {
			for _, a := range s.Chainalysis.Alerts {
				if slices.Index(levels, a.Level) >= slices.Index(levels, c.Alerts.AlertLevel) && counts(c.Alerts.CategoryIDs, a.CategoryID) {
					return triggers(fmt.Sprintf("alert of level %s in category %d", a.Level, a.CategoryID))
				}
			}
			for _, id := range s.Chainalysis.Direct {
				if counts(c.Exposures.Direct.CategoryIDs, id) {
					return triggers(fmt.Sprintf("direct exposure to category %d", id))
				}
			}
			for _, id := range s.Chainalysis.Addresses {
				if addresses != nil && counts(addresses.CategoryIDs, id) {
					return triggers(fmt.Sprintf("address of category %d", id))
				}
			}
			return passes("nothing was found against " + q.Party)
		})
}

func counts(ids []int, id int) bool { return len(ids) == 0 || slices.Contains(ids, id) }

// chainalysisOut is the configuration of ChainalysisTransactionPrescreening.
type chainalysisOut struct {
	chainalysisIn
	Addresses categories `json:"addresses"`
}

// UnmarshalJSON reads the members of both, strictly: an embedded struct would be a member.
func (c *chainalysisOut) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := dfns.Decode(text, &members); err != nil {
		return err
	}
	addresses, given := members["addresses"]
	if !given {
		return dfns.BadRequest("rule.configuration.addresses is required")
	}
	if err := dfns.DecodeComplete(addresses, &c.Addresses, "rule.configuration.addresses"); err != nil {
		return err
	}
	delete(members, "addresses")
	rest, err := dfns.Compact(members)
	if err != nil {
		return err
	}
	return dfns.DecodeComplete(rest, &c.chainalysisIn, "rule.configuration")
}

func (c *chainalysisOut) check() error {
	if err := checkCategories(c.Addresses.CategoryIDs); err != nil {
		return err
	}
	return c.chainalysisIn.check()
}

func (c *chainalysisOut) find(q Question) (Finding, error) {
	return c.screen(q, &c.Addresses), nil
}
