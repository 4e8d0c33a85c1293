package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/access"
	"countersign/sandbox/change"
	"countersign/sandbox/permission"
	"countersign/sandbox/role"
)

func (a *API) permissionRoutes(e *echo.Echo) {
	e.POST("/permissions", a.signed(permission.CreatePermission, func(c call) error { return decodedBy(c, a.Access.Create) }))
	e.GET("/permissions", a.read(permission.ReadPermissions, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		found, next, err := a.Access.Permissions(p)
		return replyPage(c, found, next, err)
	}))
	e.GET("/permissions/:id", a.read(permission.ReadPermissions, func(c call) error {
		p, err := a.Access.Permission(c.Param("id"))
		return reply(c, p, err)
	}))
	e.PUT("/permissions/:id", a.signed(permission.UpdatePermission, func(c call) error {
		return changed(c, func(in role.Change) (role.Permission, *change.Request, error) {
			return a.Access.Update(c.caller, c.Param("id"), in)
		})
	}))
	e.PUT("/permissions/:id/archive", a.signed(permission.ArchivePermission, func(c call) error {
		return changed(c, func(in access.Archiving) (role.Permission, *change.Request, error) {
			return a.Access.Archive(c.caller, c.Param("id"), in)
		})
	}))
	a.assignmentRoutes(e)
}

func (a *API) assignmentRoutes(e *echo.Echo) {
	e.POST("/permissions/:id/assignments", a.signed(permission.AssignPermission, func(c call) error {
		return changed(c, func(in access.Assignee) (role.Assignment, *change.Request, error) {
			return a.Access.Assign(c.caller, c.Param("id"), in)
		})
	}))
	e.GET("/permissions/:id/assignments", a.read(permission.ReadAssignments, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		found, next, err := a.Access.Assignments(c.Param("id"), p)
		return replyPage(c, found, next, err)
	}))
	e.DELETE("/permissions/:id/assignments/:as", a.signed(permission.RevokePermission, func(c call) error {
		// force only skips the check that DFNS makes of approvers; no policy is skipped.
		if err := oneOf(c, "force", "true", "false"); err != nil {
			return err
		}
		request, err := a.Access.Revoke(c.caller, c.Param("id"), c.Param("as"))
		return replyChange(c, struct{}{}, request, err)
	}))
}
