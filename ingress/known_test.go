package ingress_test

import (
	"testing"

	"countersign/ingress"

	"go.temporal.io/api/serviceerror"
)

// What was found late says so for ever, whatever is heard of it afterwards; what a webhook has
// started does not, whoever looks for it afterwards.
func TestWhatIsFoundLateSaysSo(t *testing.T) {
	service := &temporal{}
	d := &ingress.Dispatcher{Service: service}
	approval, err := ingress.ParseEvent([]byte(pending))
	if err != nil {
		t.Fatal(err)
	}
	notice, err := ingress.ParseEvent([]byte(event("whe-5", "wallet.created", `{"wallet":{"id":"wa-1"}}`)))
	if err != nil {
		t.Fatal(err)
	}
	is := func(id string, known, late bool) {
		t.Helper()
		if k, l, err := d.Known(t.Context(), id); err != nil || k != known || l != late {
			t.Errorf("%s: known %t, late %t, %v; want %t, %t", id, k, l, err, known, late)
		}
	}
	is("approval/ap-1", false, false)
	for _, step := range []error{d.Start(t.Context(), approval), d.Dispatch(t.Context(), approval), d.Dispatch(t.Context(), notice), d.Start(t.Context(), notice)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	is("approval/ap-1", true, true)
	is("event/whe-5", true, false)
	service.down = serviceerror.NewUnavailable("away")
	if _, _, err := d.Known(t.Context(), "approval/ap-1"); err == nil {
		t.Error("known by a Temporal that is away")
	}
}
