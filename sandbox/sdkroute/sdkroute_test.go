package sdkroute_test

import (
	"strings"
	"testing"

	"countersign/sandbox/sdkroute"
)

func TestFind(t *testing.T) {
	for request, want := range map[string]string{
		"GET /wallets":                         "/wallets",
		"GET /wallets/wa-1":                    "/wallets/:walletId",
		"GET /wallets/all/history":             "/wallets/all/history",
		"GET /wallets/wa-1/history":            "/wallets/:walletId/history",
		"POST /networks/read-contract":         "/networks/read-contract",
		"POST /networks/base/call-function":    "/networks/:network/call-function",
		"GET /wallets/a%2Fb":                   "/wallets/:walletId",
		"GET /wallets/":                        "",
		"GET /wallets/wa-1/nothing":            "",
		"PATCH /wallets/wa-1":                  "",
		"GET /v2/policy-approvals/ap/decision": "",
	} {
		method, path, _ := strings.Cut(request, " ")
		route, found := sdkroute.Find(method, path)
		if found != (want != "") || route.Path != want {
			t.Errorf("%s is %q, %v; want %q", request, route.Path, found, want)
		}
	}
}

// The numbers were counted in the packages themselves.
func TestTheTableHoldsBothVersions(t *testing.T) {
	count, keys := map[string]int{}, map[string]bool{}
	for _, r := range sdkroute.All() {
		if keys[r.Key()] {
			t.Errorf("%s is there twice", r.Key())
		}
		keys[r.Key()] = true
		for _, v := range r.Versions {
			count[v]++
		}
	}
	if count["0.8.3"] != 161 || count["0.8.21"] != 179 || len(keys) != 180 {
		t.Errorf("%v of %d routes", count, len(keys))
	}
}
