package dfns_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/custody/dfns"
)

// votedOn is an approval with its dates and the votes of "user date" each.
func votedOn(id, created, updated, resolved string, votes ...string) string {
	var decisions []string
	for _, v := range votes {
		user, at, _ := strings.Cut(v, " ")
		decisions = append(decisions, fmt.Sprintf(`{"userId":%q,"date":%q,"value":"Approved"}`, user, at))
	}
	text := fmt.Sprintf(`{"id":%q,"activity":{},"status":"Pending","decisions":[%s]`, id, strings.Join(decisions, ","))
	for name, date := range map[string]string{"dateCreated": created, "dateUpdated": updated, "dateResolved": resolved} {
		if date != "" {
			text += fmt.Sprintf(`,%q:%q`, name, date)
		}
	}
	return text + "}"
}

const old, since, young = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"

// votedPages are approvals, in no order, of which some have nothing to do with us.
func votedPages() map[string]string {
	pages := map[string]string{
		"": `{"items":[` + strings.Join([]string{
			votedOn("ap-young", young, young, "", "us-bot "+young),
			votedOn("ap-silent", young, young, ""),
			votedOn("ap-others", young, young, "", "us-ana "+young),
			votedOn("ap-old", old, old, old, "us-bot "+old),
		}, ",") + `],"nextPageToken":"p2"}`,
		"p2": `{"items":[` + strings.Join([]string{ // in no order that is documented
			votedOn("ap-changed", old, young, "", "us-ana "+old, "us-bot "+old),
			votedOn("ap-resolved", old, old, young, "us-bot "+old),
			votedOn("ap-just", old, old, since, "us-bot "+old),
			votedOn("ap-vote-alone-is-young", old, old, "", "us-bot "+young),
			votedOn("ap-another's-vote-is-young", old, old, "", "us-bot "+old, "us-ana "+young),
			`{"id":"ap-undated","decisions":[{"userId":"us-bot","value":"Denied"}]}`,
		}, ",") + `],"nextPageToken":"p3"}`,
		"p3": `{"items":[]}`,
	}
	pages["p2"] = strings.Replace(pages["p2"], "another's", "anothers", 1)
	return pages
}

func TestVotedBy(t *testing.T) {
	pages := votedPages()
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/v2/policy-approvals" || q.Get("approverId") != "us-bot" || q.Has("status") {
			t.Errorf("asked %s", r.URL)
		}
		reply(w, pages[q.Get("paginationToken")])
	})
	c := dfns.Custodian{Client: p.client(nil)}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(since time.Time) (ids []string) {
		for a, err := range c.VotedBy(t.Context(), "us-bot", since) {
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := a.VoteOf("us-bot"); !ok || len(v.Raw) == 0 || a.Snapshot == "" {
				t.Errorf("%s = %+v, want our vote as it came", a.ID, a)
			}
			ids = append(ids, a.ID)
		}
		return ids
	}
	want := []string{"ap-young", "ap-changed", "ap-resolved", "ap-just", "ap-vote-alone-is-young", "ap-undated"}
	if got := ids(at); !slices.Equal(got, want) {
		t.Errorf("VotedBy since February = %q,\nwant %q", got, want)
	}
	if got := ids(time.Time{}); len(got) != 8 {
		t.Errorf("VotedBy of all times = %q, want 8", got)
	}
	for range c.VotedBy(t.Context(), "us-bot", at) {
		break // must not read on
	}
	if n := p.count("GET"); n != 3+3+1 {
		t.Errorf("%d pages read, want 7: all, twice, and the first", n)
	}
}

func TestVotedByTellsWhatCannotBeRead(t *testing.T) {
	pages := map[string]string{"": `{"items":[` + strings.Join([]string{
		`{"id":"ap-1","ID":"ap-2"}`, `{"id":"ap-3","decisions":"none"}`, `{"id":"../x"}`, `7`, votedOn("ap-4", "", "", "", "us-bot 2026-01-01T00:00:00Z"),
	}, ",") + `],"nextPageToken":"p2"}`}
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Query().Get("paginationToken")]
		if !ok {
			refuse(w, 403, "no permission")
			return
		}
		reply(w, page)
	})
	c := dfns.Custodian{Client: p.client(nil)}
	var got []string
	var odd *countersign.UnreadableError
	for a, err := range c.VotedBy(t.Context(), "us-bot", time.Time{}) {
		switch {
		case errors.As(err, &odd):
			if !errors.Is(err, countersign.ErrUnreadable) || len(odd.Raw) == 0 {
				t.Errorf("%v, want ErrUnreadable with what came", err)
			}
			got = append(got, "unreadable "+odd.ID)
		case errors.Is(err, countersign.ErrDenied):
			got = append(got, "denied")
		default:
			got = append(got, fmt.Sprint(a.ID, err))
		}
	}
	if want := []string{"unreadable ", "unreadable ap-3", "unreadable ", "unreadable ", "ap-4<nil>", "denied"}; !slices.Equal(got, want) {
		t.Errorf("VotedBy = %q, want %q", got, want)
	}
	for _, err := range c.VotedBy(t.Context(), "", time.Time{}) {
		if !errors.Is(err, countersign.ErrID) {
			t.Errorf("VotedBy nobody = %v, want ErrID", err)
		}
	}
}
