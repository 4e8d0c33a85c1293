package sources_test

import (
	"strings"
	"testing"

	"countersign/chain/client"
	"countersign/chain/network"
)

// A network whose node does not answer keeps none of the others from being read again: what is on
// those is expected and started, and the certificate says what is not known.
func TestOneNetworkThatIsAwayKeepsNoOtherFromBeingRead(t *testing.T) {
	w := newWatched(t, 60)
	away := w.net
	away.URLs = []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}
	c, err := client.New(map[string]network.Network{"Away": away, "Net": w.net}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := w.source()
	s.Nodes = c
	got, ok := w.certify(s)
	if ok || got.Expected != 30 || got.Repaired != 30 || !strings.Contains(got.Unknown, "Away") || len(got.Ranges) != 1 || got.Ranges[0].Network != "Net" {
		t.Errorf("%+v, want all of Net, and Away not known", got)
	}
}
