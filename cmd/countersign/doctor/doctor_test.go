package doctor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/doctor"

	"github.com/spf13/cobra"
)

func TestAnOrganisationInOrder(t *testing.T) {
	w := newWorld(t)
	report, err := doctor.Examine(t.Context(), w.app, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range report.Checks {
		ids = append(ids, c.ID)
		if c.Result != doctor.OK || c.Found == "" || c.Why == "" || c.Remedy == "" {
			t.Errorf("%+v", c)
		}
	}
	if !report.Governed || !slices.Equal(ids, doctor.IDs()) || report.Counts[doctor.OK] != len(ids) {
		t.Errorf("governed %t, counts %v, checks %v", report.Governed, report.Counts, ids)
	}
}

// What the platform does not tell is unknown, whatever the reason, and never ok.
func TestWhatIsNotToldIsUnknown(t *testing.T) {
	asked := map[string][]string{
		"/v2/policies":                  {"policy.sign", "policy.coverage", "policy.action", "policy.change", "permission.change", "group.initiator", "group.quorum", "group.member", "group.people"},
		"/wallets":                      {"wallet.delegated"},
		"/auth/service-accounts":        {"account.duties"},
		"/auth/service-accounts/us-bot": {"account.self", "credential.active"},
		"/webhooks":                     {"webhook.pending"},
	}
	for _, tt := range []struct {
		status int
		want   string
	}{
		{403, ":Read is missing"}, {501, ":Read"}, {500, ":Read"}, {400, ":Read"},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			w := newWorld(t)
			for path := range asked {
				w.status[path] = tt.status
			}
			report, err := doctor.Examine(t.Context(), w.app, func() time.Time { return now })
			if err != nil {
				t.Fatal(err)
			}
			var unknown, want []string
			for _, ids := range asked {
				want = append(want, ids...)
			}
			for _, c := range report.Checks {
				if c.Result == doctor.Unknown {
					unknown = append(unknown, c.ID)
					if !strings.Contains(c.Found, tt.want) {
						t.Errorf("%s: %q does not name the permission", c.ID, c.Found)
					}
				}
			}
			slices.Sort(want)
			slices.Sort(unknown)
			if report.Governed || !slices.Equal(unknown, want) {
				t.Errorf("governed %t, unknown %v,\nwant %v", report.Governed, unknown, want)
			}
		})
	}
}

// coded is an error with an exit code.
type coded struct {
	code int
	err  error
}

func (c coded) Error() string { return fmt.Sprint(c.err) }

func run(t *testing.T, w *world, asJSON bool, args ...string) (out string, code int) {
	t.Helper()
	cmd := doctor.New(doctor.Options{
		JSON: &asJSON, Load: func(*cobra.Command) (*app.App, error) { return w.app, nil },
		Usage: func(err error) error { return coded{2, err} }, Refused: func(err error) error { return coded{3, err} },
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var text strings.Builder
	cmd.SetOut(&text)
	cmd.SetErr(&text)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	var c coded
	switch {
	case err == nil:
		return text.String(), 0
	case errors.As(err, &c) && c.err == nil:
		return text.String(), c.code
	case errors.As(err, &c):
		return text.String() + c.Error(), c.code
	}
	return text.String() + err.Error(), 1
}

// The verb reads the real clock, so its token lives by that.
func TestTheVerb(t *testing.T) {
	fresh := func(t *testing.T) *world {
		w := newWorld(t)
		w.write("token", jwt(time.Now().Add(365*24*time.Hour).Unix()))
		return w
	}
	hostile := strings.Replace(signAll, `"name":"All"`, `"name":"\u001b[2J\u202eAll"`, 1)
	for _, tt := range []struct {
		name   string
		change func(*world)
		args   []string
		code   int
		want   []string
		never  string
	}{
		{"in order", func(*world) {}, nil, 0, []string{"ok", "policy.sign", "24 ok, 0 unknown, 0 warning, 0 failed"}, "why:"},
		{"a warning", func(w *world) { w.app.Config.Rules.PeopleFile = "" }, nil, 3, []string{"warning", "people.self", "why: ", "do:  Name our user ID"}, ""},
		{"a failure", func(w *world) { w.answer["/webhooks"] = list("") }, nil, 3, []string{"failed", "webhook.pending"}, ""},
		{"an unknown", func(w *world) { w.status["/webhooks"] = 403 }, nil, 3, []string{"unknown", "Webhooks:Read is missing"}, ""},
		{"an accepted warning", func(w *world) { w.app.Config.Rules.PeopleFile = "" }, []string{"--accept", "people.self"}, 0, []string{"warning (accepted)"}, ""},
		{"an accepted check beside another", func(w *world) { w.app.Config.Rules.PeopleFile = ""; w.status["/webhooks"] = 403 }, []string{"--accept", "people.self"}, 3, nil, ""},
		{"accepting what there is not", func(*world) {}, []string{"--accept", "people"}, 2, []string{"no such check", "people.self"}, ""},
		{"names that would move a cursor", func(w *world) {
			w.answer["/v2/policies"] = list(strings.Replace(hostile, `"initiatorCanApprove":false`, `"initiatorCanApprove":true`, 1) + "," + guards)
		}, nil, 3, []string{"group.initiator"}, "\x1b"},
		{"a key that is none", func(w *world) { w.write("key.pem", "x") }, nil, 3, []string{"COUNTERSIGN_DFNS_KEY_FILE"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := fresh(t)
			tt.change(w)
			out, code := run(t, w, false, tt.args...)
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			if code != tt.code || tt.never != "" && strings.Contains(out, tt.never) {
				t.Errorf("exit %d, want %d\n%s", code, tt.code, out)
			}
		})
	}
}

func TestJSONHasEverything(t *testing.T) {
	w := newWorld(t)
	wallets := ""
	for i := range 25 {
		wallets += fmt.Sprintf(`{"id":"wa-%d","status":"Active","custodial":false},`, i)
	}
	w.answer["/wallets"] = list(strings.TrimSuffix(wallets, ","))
	out, code := run(t, w, true, "--accept", "people.self")
	var report doctor.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 3 || report.UserID != "us-bot" {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	for _, c := range report.Checks {
		if c.ID == "wallet.delegated" && (len(c.Items) != 25 || c.Result != doctor.Failed) {
			t.Errorf("%s with %d items, want failed with 25", c.Result, len(c.Items))
		}
	}
	if out, _ = run(t, w, false); !strings.Contains(out, "and 15 more") {
		t.Errorf("people are not told of the rest:\n%s", out)
	}
}
