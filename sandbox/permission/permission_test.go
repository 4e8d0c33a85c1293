package permission_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"countersign/sandbox/permission"
)

// Full access must let its owner use every route.
func TestFullAccessHasEveryOperationOfARoute(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "permission.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	full, seen := permission.SetOf(permission.All()), 0
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		name, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if !full.Allows(permission.Operation(name)) {
			t.Errorf("full access does not have %q", name)
		}
		return true
	})
	if seen < 20 {
		t.Errorf("only %d operations found in permission.go", seen)
	}
}

func TestNames(t *testing.T) {
	for old, now := range map[permission.Operation]permission.Operation{
		"Policies:Evaluations:Read":    "Policies:Approvals:Read",
		"Policies:Evaluations:Vote":    permission.Decide,
		"Policies:Delete":              permission.ArchivePolicy,
		"Permissions:Delete":           permission.ArchivePermission,
		"Wallets:Tags:Remove":          permission.RemoveTags,
		"Keys:Vrf:Derive":              "Keys:Derive",
		"Wallets:TransferAsset":        permission.CreateTransfer,
		"Wallets:GenerateSignature":    "Keys:Signatures:Create",
		"PermissionAssignments:Create": permission.AssignPermission,
	} {
		if got := permission.Canonical(old); got != now {
			t.Errorf("%s is %s, want %s", old, got, now)
		}
		if !permission.Known(string(old)) || !slices.Contains(permission.All(), string(now)) {
			t.Errorf("%s or %s is not known", old, now)
		}
		if a, b := permission.SetOf([]string{string(old)}), permission.SetOf([]string{string(now)}); !a.Allows(now) || !b.Allows(old) {
			t.Errorf("%s and %s do not allow each other", old, now)
		}
	}
	if permission.Known("Wallets:Sign") || permission.Known("") {
		t.Error("an activity kind or nothing is taken for an operation")
	}
	if !permission.SetOf(nil).Allows(permission.None) || permission.SetOf(nil).Allows(permission.ReadWallets) {
		t.Error("nobody's rights are not just those that everybody has")
	}
}
