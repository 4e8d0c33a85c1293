package vendors

import (
	"fmt"
	"math/big"
	"regexp"

	"countersign/screening"
	"countersign/strictjson"
)

// thresholds are where a score begins to count.
type thresholds struct{ review, hit *big.Rat }

// plain is a decimal number that is short enough to compute with. An exponent is for
// what writers of JSON make of small fractions.
var plain = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$`)

func newThresholds(review, hit string) (t thresholds, err error) {
	for _, p := range []struct {
		field, text string
		to          **big.Rat
	}{{"review_at", review, &t.review}, {"hit_at", hit, &t.hit}} {
		r, ok := decimal(p.text)
		if !ok || r.Sign() <= 0 {
			return thresholds{}, fmt.Errorf("%s: %.40q is no decimal number above zero", p.field, p.text)
		}
		*p.to = r
	}
	if t.review.Cmp(t.hit) > 0 {
		return thresholds{}, fmt.Errorf("review_at: %s is above hit_at, which is %s", review, hit)
	}
	return t, nil
}

// decimal reads a number exactly.
func decimal(text string) (*big.Rat, bool) {
	if !plain.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// A score is a number as it was given, and exactly.
type score struct {
	text  string
	value *big.Rat
}

// scoreOf reads a score. Null, text, a negative number and one above the scale are none.
func scoreOf(v strictjson.Value, what string, highest int64) (score, error) {
	if len(v.Raw) == 0 || !v.IsNumber() {
		return score{}, bad("%s is missing or no number", what)
	}
	value, ok := decimal(string(v.Raw))
	if !ok || value.Cmp(big.NewRat(highest, 1)) > 0 {
		return score{}, bad("%s is %.40s, want a number from 0 to %d", what, v.Raw, highest)
	}
	return score{string(v.Raw), value}, nil
}

// verdict judges a score.
func (t thresholds) verdict(s score) screening.Verdict {
	switch {
	case s.value.Cmp(t.hit) >= 0:
		return screening.Hit
	case s.value.Cmp(t.review) >= 0:
		return screening.Review
	}
	return screening.Clear
}
