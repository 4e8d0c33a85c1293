package countersign_test

import (
	"errors"
	"strings"
	"testing"

	"countersign"
)

func TestWhatCannotBeReadIsNamedByTheOneIDThatItHas(t *testing.T) {
	for raw, want := range map[string]string{
		`{"id":"ap-1","decisions":"none"}`:     "approval/ap-1",
		`{"a":{"id":"x"},"id":"ap-1","b":[1]}`: "approval/ap-1",
		`{"id":"ap-1","a":1,"a":2}`:            "approval/ap-1",
		`{"id":"ap-1","ID":"ap-2"}`:            "",
		`{"id":"ap-1","id":"ap-1"}`:            "",
		`{"Id":"ap-1"}`:                        "",
		`{"id":7}`:                             "",
		`{"id":"../x"}`:                        "",
		`{"id":"ap-1"`:                         "approval/ap-1",
		`{"status":"Pending"}`:                 "",
		`["id","ap-1"]`:                        "",
		`7`:                                    "",
		``:                                     "",
		`{"id":"` + strings.Repeat("a", 129) + `"}`: "",
	} {
		cause := errors.New("odd")
		e := countersign.Unreadable("approval", []byte(raw), cause)
		if want == "" {
			if !strings.HasPrefix(e.Name(), "approval/sha256-") || e.ID != "" {
				t.Errorf("%s is %s", raw, e.Name())
			}
		} else if e.Name() != want {
			t.Errorf("%s is %s, want %s", raw, e.Name(), want)
		}
		if !errors.Is(e, countersign.ErrUnreadable) || !errors.Is(e, cause) || !strings.Contains(e.Error(), e.Name()) {
			t.Errorf("%s: %v, want the reason and ErrUnreadable", raw, e)
		}
	}
}
