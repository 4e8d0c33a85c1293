package dfns

import "encoding/json"

// Optional is a text of a body that changes something: absent leaves what is there, null
// takes it away, and a string replaces it.
type Optional struct {
	Given bool
	Text  string // "" for null
}

// UnmarshalJSON takes a string or null.
func (o *Optional) UnmarshalJSON(b []byte) error {
	o.Given = true
	return json.Unmarshal(b, &o.Text)
}
