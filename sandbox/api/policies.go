package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/change"
	"countersign/sandbox/dfns"
	"countersign/sandbox/gate"
	"countersign/sandbox/permission"
	"countersign/sandbox/policy"
)

func (a *API) policyRoutes(e *echo.Echo) {
	e.POST("/v2/policies", a.signed(permission.CreatePolicy, func(c call) error {
		var in policy.Terms
		if err := dfns.DecodeComplete(c.body, &in, ""); err != nil {
			return err
		}
		made, err := a.Policies.Create(c.caller, in)
		return reply(c, made, err)
	}))
	e.GET("/v2/policies", a.read(permission.ReadPolicies, a.policies))
	e.GET("/v2/policies/:id", a.read(permission.ReadPolicies, func(c call) error {
		found, err := a.Changes.Policy(c.Param("id"))
		return reply(c, found, err)
	}))
	e.PUT("/v2/policies/:id", a.signed(permission.UpdatePolicy, func(c call) error {
		var in policy.Terms
		if err := dfns.DecodeComplete(c.body, &in, ""); err != nil {
			return err
		}
		updated, request, err := a.Changes.UpdatePolicy(c.caller, c.Param("id"), in)
		return replyChange(c, updated, request, err)
	}))
	e.DELETE("/v2/policies/:id", a.signed(permission.ArchivePolicy, func(c call) error {
		archived, request, err := a.Changes.ArchivePolicy(c.caller, c.Param("id"))
		return replyChange(c, archived, request, err)
	}))
	e.GET("/v2/policy-approvals", a.read(permission.ReadApprovals, a.approvals))
	e.GET("/v2/policy-approvals/:id", a.read(permission.ReadApprovals, func(c call) error {
		approval, err := a.Gate.Approval(c.Param("id"))
		return reply(c, approval, err)
	}))
	e.POST("/v2/policy-approvals/:id/decisions", a.signed(permission.Decide, func(c call) error {
		return decoded(c, func(vote gate.Vote) (gate.Approval, error) {
			return a.decide(c, vote)
		})
	}))
}

// replyChange answers 200 with what was changed, or 202 with the change request that it
// became.
func replyChange[T any](c call, changed T, request *change.Request, err error) error {
	if err == nil && request != nil {
		return c.JSON(http.StatusAccepted, request)
	}
	return reply(c, changed, err)
}

// changed reads the body into a T for a handler whose change may become a change request.
func changed[T, R any](c call, handle func(T) (R, *change.Request, error)) error {
	var in T
	if err := dfns.Decode(c.body, &in); err != nil {
		return err
	}
	out, request, err := handle(in)
	return replyChange(c, out, request, err)
}

func (a *API) policies(c call) error {
	p, err := page(c, 20)
	if err != nil {
		return err
	}
	if err := oneOf(c, "status", policy.Active, policy.Archived); err != nil {
		return err
	}
	found, next, err := a.Changes.ListPolicies(c.QueryParam("status"), p)
	return replyPage(c, found, next, err)
}

func (a *API) approvals(c call) error {
	p, err := page(c, 20)
	if err != nil {
		return err
	}
	if err := oneOf(c, "status", gate.Pending, gate.Approved, gate.Denied, gate.Expired); err != nil {
		return err
	}
	found, next, err := a.Gate.Approvals(gate.Filter{
		Status: c.QueryParam("status"), InitiatorID: c.QueryParam("initiatorId"), ApproverID: c.QueryParam("approverId"),
	}, p)
	return replyPage(c, found, next, err)
}
