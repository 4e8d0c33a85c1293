package activities_test

import (
	"context"
	"errors"
	"testing"

	"countersign/activities"
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store"
)

// place is an anchor that can be away.
type place struct {
	away bool
	kept []byte
}

func (p *place) String() string { return "place" }

func (p *place) Load(context.Context) ([]byte, error) {
	if p.away {
		return nil, errLost
	}
	return p.kept, nil
}

func (p *place) Swap(_ context.Context, _, checkpoint []byte) error {
	if p.away {
		return errLost
	}
	p.kept = checkpoint
	return nil
}

// No vote leaves before its intent is under a checkpoint that the anchor keeps.
func TestNothingIsPostedBeforeTheAnchorKnows(t *testing.T) {
	d := newDesk(t, approving(), pending(ap))
	anchor := &place{}
	key, err := tree.NewKey("trail.test", d.logKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.db.SignWith(t.Context(), &store.Log{Keys: []*tree.Key{key}, Anchors: []store.Anchor{anchor}}); err != nil {
		t.Fatal(err)
	}
	decided := d.decide(t)
	anchor.away = true
	if _, err := d.PostDecision(t.Context(), activities.PostInput{ApprovalID: ap}); !errors.Is(err, errLost) {
		t.Errorf("posted while the anchor is away: %v", err)
	}
	if n := d.custodian.effective[ap]; n != 0 {
		t.Fatalf("%d votes have left, want none", n)
	}
	anchor.away = false
	if got := d.post(t); got.Result != audit.Posted {
		t.Errorf("posted %+v", got)
	}
	c, err := tree.ReadCheckpoint(anchor.kept)
	if err != nil || c.Size <= decided.Index {
		t.Errorf("the anchor keeps a checkpoint of %d records, %v; the intent is record %d", c.Size, err, decided.Index)
	}
}
