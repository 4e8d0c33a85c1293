package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/gate"
	"countersign/sandbox/permission"
	"countersign/sandbox/seednames"
)

// seedRoutes is the route that only DFNS's page has.
func (a *API) seedRoutes(e *echo.Echo) {
	if !a.SeedNames {
		return
	}
	e.GET("/v2/policy-approvals/decisions", a.read(permission.ReadApprovals, func(c call) error {
		start, end, err := seednames.Span(c.QueryParam("dateFrom"), c.QueryParam("dateTo"))
		if err != nil {
			return err
		}
		entries, err := a.Auth.Entries(start, end, c.QueryParam("approverId"))
		if err != nil {
			return err
		}
		found, err := seednames.Decisions(entries, a.Gate.Approval)
		return replyPage(c, found, "", err)
	}))
}

// decide casts a vote, by the page's words too where they are asked for.
func (a *API) decide(c call, vote gate.Vote) (gate.Approval, error) {
	if a.SeedNames {
		if vote.Value = seednames.Value(vote.Value); vote.Value == seednames.Abstain {
			return a.Gate.Abstain(c.caller, c.Param("id"))
		}
	}
	return a.Gate.Decide(c.caller, c.Param("id"), vote)
}
