package access

import "countersign/sandbox/role"

// permissionBody is a permission as a change request shows it: as it would be, and without
// dates, which it has once it is that (@dfns/sdk 0.8.21, GetApprovalResponse).
type permissionBody struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Status      string   `json:"status"`
	Operations  []string `json:"operations"`
	IsImmutable bool     `json:"isImmutable"`
	IsArchived  bool     `json:"isArchived"`
}

func bodyOfPermission(p role.Permission) permissionBody {
	return permissionBody{p.ID, p.Name, p.Status, p.Operations, p.IsImmutable, p.IsArchived}
}

// assignmentBody is the same for an assignment.
type assignmentBody struct {
	ID           string `json:"id"`
	PermissionID string `json:"permissionId"`
	IdentityID   string `json:"identityId"`
	IsImmutable  bool   `json:"isImmutable"`
}

func bodyOfAssignment(a role.Assignment) assignmentBody {
	return assignmentBody{a.ID, a.PermissionID, a.IdentityID, a.IsImmutable}
}
