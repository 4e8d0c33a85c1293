package audit_test

import (
	"errors"
	"testing"

	"countersign"
	"countersign/audit"
)

func TestWhatStandsUnderAKey(t *testing.T) {
	told := audit.Notice{Event: countersign.Event{ID: "e", Kind: "k"}, Workflow: audit.Workflow{ID: "w", RunID: "one"}}
	another, other := told, told
	another.Workflow.RunID = "two"
	other.Event.Kind = "l"
	at := func(index int64) any { return audit.KeyEnd{KeyID: "k", From: index + 1} }
	first := audit.Draft{Key: "k", Type: audit.EventStray, Lineage: "approval/a", Body: told}
	tests := map[string]struct {
		stands, told audit.Draft
		ok           bool
	}{
		"the same":              {first, first, true},
		"told by another run":   {first, with(first, func(d *audit.Draft) { d.Body = another }), true},
		"another body":          {first, with(first, func(d *audit.Draft) { d.Body = other }), false},
		"another type":          {first, with(first, func(d *audit.Draft) { d.Type = audit.EventNoticed }), false},
		"another lineage":       {first, with(first, func(d *audit.Draft) { d.Lineage = "" }), false},
		"no body":               {first, with(first, func(d *audit.Draft) { d.Body = nil }), false},
		"a list":                {first, with(first, func(d *audit.Draft) { d.Body = []int{1} }), false},
		"no JSON":               {first, with(first, func(d *audit.Draft) { d.Body = func() {} }), false},
		"retold":                {first, audit.Draft{Key: "k", Retold: true}, true},
		"a body with its place": {audit.Draft{Key: "k", Body: at}, audit.Draft{Key: "k", Body: at}, true},
		"another place":         {audit.Draft{Key: "k", Body: at}, audit.Draft{Key: "k", Body: func(int64) any { return at(50) }}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e, err := signer("ana").Seal(tt.stands, audit.Head{Index: 7, Seq: 3, Prev: audit.LeafHash("x")})
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.told.Stands(e); (err == nil) != tt.ok {
				t.Errorf("Stands = %v, want it to be so: %t", err, tt.ok)
			} else if err != nil && name != "no JSON" && !errors.Is(err, audit.ErrOtherContent) {
				t.Errorf("Stands = %v, want ErrOtherContent", err)
			}
		})
	}
}

func with(d audit.Draft, change func(*audit.Draft)) audit.Draft {
	change(&d)
	return d
}

// Two records are never written into a place that no record can have.
func TestAPlaceThatCannotBe(t *testing.T) {
	for _, head := range []audit.Head{{Index: -1}, {Seq: -1}, {Prev: "x"}, {Prev: `"`}, {Prev: audit.LeafHash("x") + "0"}} {
		if e, err := signer("ana").Seal(notices("ev"), head); err == nil {
			t.Errorf("Seal at %+v = %s", head, e.JWS)
		}
	}
}
