package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// ErrOtherContent means that a key holds a record that tells something else. What stands
// stands; what was to be told is not on the trail.
var ErrOtherContent = errors.New("the key holds a record of other content")

// Stands fails with [ErrOtherContent] unless an entry under the draft's key tells what the draft
// does. Which run of a workflow tells it makes no difference.
func (d Draft) Stands(e Entry) error {
	if d.Retold {
		return nil
	}
	if d.Type != e.Record.Type {
		return fmt.Errorf("%w: record %d is of type %s, not %s", ErrOtherContent, e.Index, e.Record.Type, d.Type)
	}
	if d.Lineage != e.Record.Lineage {
		return fmt.Errorf("%w: record %d has lineage %q, not %q", ErrOtherContent, e.Index, e.Record.Lineage, d.Lineage)
	}
	if place, later := d.Body.(func(index int64) any); later {
		d.Body = place(e.Index)
	}
	body, err := marshal(d.Body)
	if err != nil {
		return fmt.Errorf("compare with record %d: %w", e.Index, err)
	}
	if !bytes.Equal(body, e.Record.Body) && !sameButRun(body, e.Record.Body) {
		return fmt.Errorf("%w: record %d, of %s, has another body", ErrOtherContent, e.Index, e.Record.At.Format("2006-01-02 15:04:05 MST"))
	}
	return nil
}

// sameButRun reports whether two bodies are the same but for their member workflow.
func sameButRun(a, b []byte) bool {
	var one, two map[string]json.RawMessage
	if json.Unmarshal(a, &one) != nil || json.Unmarshal(b, &two) != nil {
		return false
	}
	delete(one, "workflow")
	delete(two, "workflow")
	return maps.EqualFunc(one, two, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}
