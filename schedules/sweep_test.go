package schedules_test

import (
	"strings"
	"testing"

	"countersign/schedules"
)

// A schedule that starts sweeps has an order for its input, and the order's name.
func TestTheOrderOfASweepIsChecked(t *testing.T) {
	const order = `{sweep: nightly, network: Net, tag: deposit, treasury: wa-1, assets: [{}], max_gas_price: "9"`
	for _, tt := range []struct{ name, id, input, want string }{
		{"it is good", "sweep/nightly", order + "}", ""},
		{"another name", "sweep/daily", order + "}", "schedules[0] (sweep/daily).id: sweep/daily: the order calls itself nightly: want sweep/nightly"},
		{"a member that there is not", "sweep/nightly", order + ", dust: 1}", `schedules[0] (sweep/nightly).input: `},
		{"no gas price", "sweep/nightly", `{sweep: nightly, network: Net, tag: deposit, treasury: wa-1, assets: [{}]}`, "schedules[0] (sweep/nightly).input: max_gas_price: it is 0"},
		{"two mistakes", "sweep/nightly", order + `, top_up: {wallet: ""}, concurrency: 500}`, "concurrency: 500"},
		{"no order", "sweep/nightly", "", "schedules[0] (sweep/nightly).input: "},
	} {
		input := ""
		if tt.input != "" {
			input = ", input: " + tt.input
		}
		f, err := schedules.Parse([]byte("schedules: [{id: " + tt.id + ", note: n, workflow: ScheduledSweep, every: 1h, catch_up: 1m" + input + "}]"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Plans()
		if got := errText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
