package activity_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"countersign/custody/dfns/activity"
)

func TestHoldings(t *testing.T) {
	for _, tt := range []struct{ name, assets, want string }{
		{"nothing", `[]`, "[]"},
		{"of several kinds", `[{"kind":"Native","symbol":"ETH","decimals":18,"balance":"5"},
			{"kind":"Erc20","contract":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","balance":"7","quotes":{"USD":7}},
			{"kind":"Iou","currency":"USD","issuer":"rX","balance":"1"}]`,
			"[{Native  5} {Erc20 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed 7} {Iou USD/rX 1}]"},
		{"of a kind that nobody knows", `[{"kind":"Brc99","balance":"5"},{"kind":"Native","balance":"1"}]`, "[{Native  1}]"},
		{"without a kind", `[{"balance":"5"}]`, "error"},
		{"a balance that is no whole number", `[{"kind":"Native","balance":"5.5"}]`, "error"},
		{"no balance", `[{"kind":"Native"}]`, "error"},
		{"no contract", `[{"kind":"Erc20","balance":"1"}]`, "error"},
		{"no object", `[5]`, "error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var assets []json.RawMessage
			if err := json.Unmarshal([]byte(tt.assets), &assets); err != nil {
				t.Fatal(err)
			}
			got, err := activity.Holdings(assets)
			said := fmt.Sprint(got)
			if err != nil {
				said = "error"
			}
			if said != tt.want {
				t.Errorf("Holdings = %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}
