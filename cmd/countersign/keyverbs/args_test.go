package keyverbs_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/cmd/countersign/keyverbs"
)

func TestAKeyThatBeginsWithADashIsNoFlag(t *testing.T) {
	const kid, twice, plain = "-SzaHCT9mONm0lD8y0ICg1FuIYS6rjjgRhp2nkTWK7w", "--zaHCT9mONm0lD8y0ICg1FuIYS6rjjgRhp2nkTWK7w", "bLn_mIioVE4zm-ImnycoQ3np3oojI-e1Cu_JA-jQ1AI"
	for _, c := range [][2]string{
		{"keys retire " + kid, "keys retire -- " + kid},
		{"keys retire " + twice, "keys retire -- " + twice},
		{"keys retire " + kid + " --reason turned", "keys retire --reason turned -- " + kid},
		{"--json keys revoke " + kid + " --from 3 --reason=stolen", "--json keys revoke --from 3 --reason=stolen -- " + kid},
		{"keys --json revoke --from 3 " + kid, "keys --json revoke --from 3 -- " + kid},
		{"keys retire " + kid + " " + twice, "keys retire -- " + kid + " " + twice}, // one too many, which the verb says
		// Not touched.
		{"keys retire " + plain, "keys retire " + plain},
		{"keys retire -- " + kid, "keys retire -- " + kid},
		{"keys retire --reason turned " + kid + "w", "keys retire --reason turned " + kid + "w"},
		{"keys enroll --key " + kid, "keys enroll --key " + kid},
		{"retire keys " + kid, "retire keys " + kid},
		{"audit show " + kid, "audit show " + kid},
	} {
		if got := keyverbs.Args(strings.Fields(c[0])); !slices.Equal(got, strings.Fields(c[1])) {
			t.Errorf("%s: %q, want %s", c[0], got, c[1])
		}
	}
}
