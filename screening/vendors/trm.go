package vendors

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"countersign/screening"
	"countersign/strictjson"
)

// trmStatuses mean success. TRM documents 201 for its POSTs and has answered 200.
var trmStatuses = []int{http.StatusOK, http.StatusCreated}

// trm asks POST /public/v1/sanctions/screening with [{"address":…}] and is answered
// [{"address":…,"isSanctioned":false}]. The key is both user and password.
func (s *Source) trm(ctx context.Context, q screening.Query) (f screening.Finding, err error) {
	object, err := s.trmOne(ctx, "/public/v1/sanctions/screening", map[string]string{"address": q.Address})
	if err != nil {
		return f, err
	}
	if err := about(object["address"], q); err != nil {
		return f, err
	}
	switch v := object["isSanctioned"]; string(v.Raw) {
	case "true":
		return screening.Finding{Verdict: screening.Hit, Category: "sanctions"}, nil
	case "false":
		return screening.Finding{Verdict: screening.Clear}, nil
	}
	return f, bad("isSanctioned is missing or no boolean")
}

// trmScored asks POST /public/v2/screening/addresses with [{"address":…,"chain":…}].
// Of the answer, addressRiskIndicators count with their categoryRiskScoreLevel, entities
// (who owns the address) with their riskScoreLevel, and addressHighestRiskScoreLevel
// where there is one; the highest is the score. Being a sanctioned owner is a hit
// whatever the thresholds say.
func (s *Source) trmScored(ctx context.Context, q screening.Query) (f screening.Finding, err error) {
	chain := s.config.Chains[q.Network]
	if chain == "" {
		return f, bad("none was asked for: chains has no name for network %.40q", q.Network)
	}
	object, err := s.trmOne(ctx, "/public/v2/screening/addresses", map[string]string{"address": q.Address, "chain": chain})
	if err != nil {
		return f, err
	}
	for _, field := range []string{"address", "addressSubmitted"} {
		if v, given := object[field]; given || field == "address" {
			if err := about(v, q); err != nil {
				return f, err
			}
		}
	}
	if v, given := object["chain"]; given && text(v) != chain {
		return f, bad("it is about chain %.40q", text(v))
	}
	return s.trmRisk(object)
}

// trmMax is the highest level of TRM's scale, "Severe".
const trmMax = 15

// trmRisk judges the risks that an answer lists.
func (s *Source) trmRisk(object map[string]strictjson.Value) (f screening.Finding, err error) {
	risks, err := trmRisks(object)
	if err != nil {
		return f, err
	}
	f.Verdict = screening.Clear
	var highest *score
	sanctioned := false
	for _, r := range risks {
		if highest == nil || r.level.value.Cmp(highest.value) > 0 {
			highest, f.Category, f.Score = &r.level, r.category, r.level.text
		}
		sanctioned = sanctioned || r.owner && strings.HasPrefix(strings.ToLower(r.category), "sanction")
	}
	if highest != nil {
		f.Verdict = s.limits.verdict(*highest)
	}
	if sanctioned {
		f.Verdict, f.Category = screening.Hit, "Sanctions"
	}
	return f, nil
}

// A trmRisk is one risk of an address: its own, when owner is true, else that of whom it
// dealt with.
type trmRisk struct {
	level    score
	category string
	owner    bool
}

// trmRisks reads all risks of an answer; one that cannot be read spoils it.
func trmRisks(object map[string]strictjson.Value) (risks []trmRisk, err error) {
	for _, list := range []struct {
		field, level string
		optional     bool
	}{{"addressRiskIndicators", "categoryRiskScoreLevel", false}, {"entities", "riskScoreLevel", true}} {
		v, given := object[list.field]
		if !given && list.optional {
			continue
		}
		items, err := elements(v, list.field)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			risk, err := members(item, "a risk in "+list.field)
			if err != nil {
				return nil, err
			}
			level, err := scoreOf(risk[list.level], list.level, trmMax)
			if err != nil {
				return nil, err
			}
			risks = append(risks, trmRisk{level, text(risk["category"]), list.optional || text(risk["riskType"]) == "OWNERSHIP"})
		}
	}
	if v, given := object["addressHighestRiskScoreLevel"]; given {
		level, err := scoreOf(v, "addressHighestRiskScoreLevel", trmMax)
		if err != nil {
			return nil, err
		}
		risks = append(risks, trmRisk{level: level})
	}
	return risks, nil
}

// trmOne asks about one address and returns the one object that answers.
func (s *Source) trmOne(ctx context.Context, path string, ask map[string]string) (map[string]strictjson.Value, error) {
	body, err := json.Marshal([]map[string]string{ask})
	if err != nil {
		return nil, err
	}
	answer, err := s.send(ctx, request{method: http.MethodPost, path: path, body: body, basic: s.config.Key, statuses: trmStatuses})
	if err != nil {
		return nil, err
	}
	list, err := elements(answer, "it")
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, bad("it has %d elements, want 1", len(list))
	}
	return members(list[0], "its element")
}
