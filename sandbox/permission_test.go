package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// role is what the tests read of a permission.
type role struct {
	ID, Name, Status        string
	Operations              []string
	IsImmutable, IsArchived bool
	DateCreated             string
}

// given is what the tests read of an assignment.
type given struct {
	ID, PermissionID, IdentityID, DateCreated string
	IsImmutable                               bool
}

// permission makes a permission with the operations.
func (w *world) permission(name string, operations ...string) role {
	w.t.Helper()
	return into[role](w.t, w.admin.post("/permissions", map[string]any{"name": name, "operations": operations}), 200)
}

// managed is the ID of a managed permission.
func (w *world) managed(name string) string {
	w.t.Helper()
	found := into[list[role]](w.t, w.admin.get("/permissions"), 200).Items
	i := slices.IndexFunc(found, func(r role) bool { return r.Name == name })
	if i < 0 {
		w.t.Fatalf("no permission is named %s: %+v", name, found)
	}
	return found[i].ID
}

// assign gives a permission to somebody.
func (w *world) assign(permissionID, identity string) given {
	w.t.Helper()
	return into[given](w.t, w.admin.post("/permissions/"+permissionID+"/assignments", map[string]string{"identityId": identity}), 200)
}

func TestManagedPermissions(t *testing.T) {
	w := newWorld(t, 1)
	found := into[list[role]](t, w.admin.get("/permissions"), 200).Items
	if len(found) != 2 || found[0].Name != "ManagedFullAdminAccess" || !found[0].IsImmutable || len(found[0].Operations) < 100 ||
		found[1].Name != "ManagedDefaultEndUserAccess" || found[1].IsImmutable || found[1].Status != "Active" {
		t.Errorf("permissions = %+v", found)
	}
	full := "/permissions/" + found[0].ID
	refused(t, w.admin.call("PUT", full, `{"name":"mine"}`), 422)
	refused(t, w.admin.call("PUT", full+"/archive", `{"isArchived":true}`), 422)
	holders := into[list[given]](t, w.admin.get(full+"/assignments"), 200).Items
	want := []string{w.admin.userID, w.alice.userID, w.bob.userID}
	if len(holders) != 3 || !slices.ContainsFunc(holders, func(g given) bool { return g.IdentityID == want[0] }) {
		t.Errorf("assignments = %+v", holders)
	}
	into[role](t, w.admin.call("PUT", "/permissions/"+found[1].ID, `{"operations":["Wallets:Read"]}`), 200)
}

func TestPermissionLife(t *testing.T) {
	w := newWorld(t, 1)
	made := w.permission("reader", "Wallets:Read", "Policies:Read", "Wallets:Read")
	if made.ID == "" || made.Status != "Active" || made.IsImmutable || made.IsArchived || len(made.Operations) != 2 || made.DateCreated == "" {
		t.Errorf("created %+v", made)
	}
	path := "/permissions/" + made.ID
	renamed := into[role](t, w.admin.call("PUT", path, `{"name":"reader 2"}`), 200)
	if renamed.Name != "reader 2" || len(renamed.Operations) != 2 {
		t.Errorf("renamed %+v", renamed)
	}
	w.permission("reader", "Wallets:Read") // the name is free again
	changed := into[role](t, w.admin.call("PUT", path, `{"operations":[]}`), 200)
	if changed.Name != "reader 2" || len(changed.Operations) != 0 {
		t.Errorf("changed %+v", changed)
	}
	if got := into[role](t, w.admin.get(path), 200); got.Name != "reader 2" || len(got.Operations) != 0 {
		t.Errorf("read %+v", got)
	}
	if got := into[role](t, w.admin.call("PUT", path+"/archive", `{"isArchived":true}`), 200); !got.IsArchived {
		t.Errorf("archived %+v", got)
	}
	refused(t, w.admin.call("PUT", path, `{"name":"late"}`), 422)
	refused(t, w.admin.post(path+"/assignments", map[string]string{"identityId": w.bob.userID}), 422)
	if got := into[role](t, w.admin.call("PUT", path+"/archive", `{"isArchived":false}`), 200); got.IsArchived {
		t.Errorf("brought back %+v", got)
	}
}

func TestPermissionRefusals(t *testing.T) {
	w := newWorld(t, 1)
	made := w.permission("taken", "Wallets:Read")
	path := "/permissions/" + made.ID
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"no name":            {"POST", "/permissions", `{"operations":[]}`, 400},
		"no operations":      {"POST", "/permissions", `{"name":"n"}`, 400},
		"not an operation":   {"POST", "/permissions", `{"name":"n","operations":["Wallets:Steal"]}`, 400},
		"an activity kind":   {"POST", "/permissions", `{"name":"n","operations":["Wallets:Sign"]}`, 400},
		"unknown member":     {"POST", "/permissions", `{"name":"n","operations":[],"status":"Active"}`, 400},
		"taken name":         {"POST", "/permissions", `{"name":"taken","operations":[]}`, 409},
		"taken by rename":    {"PUT", path, `{"name":"ManagedFullAdminAccess"}`, 409},
		"empty name":         {"PUT", path, `{"name":""}`, 400},
		"update of unknown":  {"PUT", "/permissions/pm-none", `{"name":"n"}`, 404},
		"archive of unknown": {"PUT", "/permissions/pm-none/archive", `{"isArchived":true}`, 404},
		"archive says not":   {"PUT", path + "/archive", `{}`, 400},
		"nobody":             {"POST", path + "/assignments", `{}`, 400},
		"unknown identity":   {"POST", path + "/assignments", `{"identityId":"us-none"}`, 404},
		"unknown permission": {"POST", "/permissions/pm-none/assignments", `{"identityId":"` + w.bob.userID + `"}`, 404},
		"unknown assignment": {"DELETE", path + "/assignments/as-none", ``, 404},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.call(tt.method, tt.path, tt.body), tt.status) })
	}
	refused(t, w.admin.get("/permissions/pm-none"), 404)
	refused(t, w.admin.get("/permissions/pm-none/assignments"), 404)
	refused(t, w.admin.send("POST", "/permissions", "", []byte(`{"name":"n","operations":[]}`)), 403)
}

func TestPermissionPages(t *testing.T) {
	w := newWorld(t, 1)
	for i := range 3 {
		w.permission(fmt.Sprint("p", i), "Wallets:Read")
	}
	var names []string
	for path := "/permissions?limit=2"; path != ""; {
		page := into[list[role]](t, w.admin.get(path), 200)
		for _, r := range page.Items {
			names = append(names, r.Name)
		}
		path = ""
		if page.NextPageToken != "" {
			path = "/permissions?limit=2&paginationToken=" + page.NextPageToken
		}
	}
	if got := strings.Join(names, " "); got != "ManagedFullAdminAccess ManagedDefaultEndUserAccess p0 p1 p2" {
		t.Errorf("pages hold %s", got)
	}
	holders := "/permissions/" + w.managed("ManagedFullAdminAccess") + "/assignments?limit=2"
	page := into[list[given]](t, w.admin.get(holders), 200)
	rest := into[list[given]](t, w.admin.get(holders+"&paginationToken="+page.NextPageToken), 200)
	if len(page.Items) != 2 || len(rest.Items) != 1 || rest.NextPageToken != "" {
		t.Errorf("assignments come as %d and %d", len(page.Items), len(rest.Items))
	}
}
