package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/custody"
	"countersign/sandbox/permission"
)

func (a *API) policyRoutes(e *echo.Echo) {
	e.POST("/v2/policies", a.signed(permission.CreatePolicy, func(c call) error { return decodedBy(c, a.Custody.CreatePolicy) }))
	e.GET("/v2/policies", a.read(permission.ReadPolicies, func(c call) error {
		p, err := page(c, 20)
		if err != nil {
			return err
		}
		if err := oneOf(c, "status", "Active", "Archived"); err != nil {
			return err
		}
		found, next, err := a.Custody.Policies(c.QueryParam("status"), p)
		return replyPage(c, found, next, err)
	}))
	e.GET("/v2/policies/:id", a.read(permission.ReadPolicies, func(c call) error {
		policy, err := a.Custody.Policy(c.Param("id"))
		return reply(c, policy, err)
	}))
	e.PUT("/v2/policies/:id", a.signed(permission.UpdatePolicy, func(c call) error {
		return decoded(c, func(in custody.NewPolicy) (custody.Policy, error) {
			return a.Custody.UpdatePolicy(c.caller, c.Param("id"), in)
		})
	}))
	e.DELETE("/v2/policies/:id", a.signed(permission.ArchivePolicy, func(c call) error {
		policy, err := a.Custody.ArchivePolicy(c.caller, c.Param("id"))
		return reply(c, policy, err)
	}))
	e.GET("/v2/policy-approvals", a.read(permission.ReadApprovals, a.approvals))
	e.GET("/v2/policy-approvals/:id", a.read(permission.ReadApprovals, func(c call) error {
		approval, err := a.Custody.Approval(c.Param("id"))
		return reply(c, approval, err)
	}))
	e.POST("/v2/policy-approvals/:id/decisions", a.signed(permission.Decide, func(c call) error {
		return decoded(c, func(vote custody.Vote) (custody.Approval, error) {
			return a.Custody.Decide(c.caller, c.Param("id"), vote)
		})
	}))
}

func (a *API) approvals(c call) error {
	p, err := page(c, 20)
	if err != nil {
		return err
	}
	if err := oneOf(c, "status", custody.Pending, custody.Approved, custody.Denied, custody.Expired); err != nil {
		return err
	}
	found, next, err := a.Custody.Approvals(custody.ApprovalFilter{
		Status: c.QueryParam("status"), InitiatorID: c.QueryParam("initiatorId"), ApproverID: c.QueryParam("approverId"),
	}, p)
	return replyPage(c, found, next, err)
}
