package sweep_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/sweep"
)

const order = `{"sweep":"nightly","network":"EthereumSepolia","tag":"deposit","treasury":"wa-1","max_gas_price":"50000000000",
 "assets":[{"floor":"1000"},{"contract":"0x00000000000000000000000000000000000000aa","dust":"5","max_fee_bps":100,"worth":{"amount":"1000000","wei":"400000000000000"}}],
 "top_up":{"wallet":"wa-2"},"report_after":"2h"}`

func TestAnOrderIsRead(t *testing.T) {
	o, err := sweep.Parse([]byte(order))
	if err != nil {
		t.Fatal(err)
	}
	if o.Window() != sweep.DefaultConcurrency || o.Patience() != 2*time.Hour || o.Assets[1].Worth.Wei.String() != "400000000000000" {
		t.Errorf("read %+v", o)
	}
	run := sweep.Run{Order: o, Due: time.Date(2026, 11, 29, 18, 30, 0, 0, time.FixedZone("CET", 3600))}
	if id := run.ID(); id != "sweep/nightly/2026-11-29T17:30:00Z" {
		t.Errorf("its run is %s", id)
	}
}

func TestContractsMayHaveTheirChecksum(t *testing.T) {
	for contract, right := range map[string]bool{
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed": true, // an example of EIP-55
		"0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed": false,
	} {
		o, err := sweep.Parse([]byte(strings.Replace(order, "0x00000000000000000000000000000000000000aa", contract, 1)))
		if (err == nil) != right || right && o.Assets[1].Contract != strings.ToLower(contract) {
			t.Errorf("%s: read %+v, error %v", contract, o.Assets, err)
		}
	}
}

func TestAnOrderThatIsWrongSaysWhere(t *testing.T) {
	for name, tt := range map[string]struct{ old, now, want string }{
		"no name":            {`"nightly"`, `""`, "sweep:"},
		"a name with slash":  {`"nightly"`, `"a/b"`, "sweep:"},
		"no network":         {`"EthereumSepolia"`, `""`, "network:"},
		"no tag":             {`"deposit"`, `""`, "tag:"},
		"no guard":           {`"50000000000"`, `"0"`, "max_gas_price:"},
		"no assets":          {`"assets":[`, `"assets":[],"x":[`, "x"},
		"half a contract":    {`00aa"`, `aa"`, "assets[1].contract:"},
		"a bound over all":   {`"max_fee_bps":100`, `"max_fee_bps":10001`, "assets[1].max_fee_bps:"},
		"no worth":           {`"worth":{"amount":"1000000","wei":"400000000000000"}`, `"floor":"0"`, "assets[1].worth:"},
		"worthless":          {`"wei":"400000000000000"`, `"wei":"0"`, "assets[1].worth:"},
		"a circle":           {`"wa-2"`, `"wa-1"`, "top_up.wallet:"},
		"no time":            {`"2h"`, `"2"`, "duration"},
		"hardly any time":    {`"2h"`, `"2s"`, "report_after:"},
		"a word we lack":     {`"report_after"`, `"reportAfter"`, "reportAfter"},
		"another behind":     {`"report_after":"2h"}`, `"report_after":"2h"} {}`, "after the value"},
		"a key twice":        {`"report_after":"2h"`, `"report_after":"2h","tag":"other"`, "tag"},
		"a key in capitals":  {`"report_after":"2h"`, `"report_after":"2h","Tag":"other"`, "Tag"},
		"too many at once":   {`"report_after":"2h"`, `"concurrency":201`, "concurrency:"},
		"the same asset":     {`"assets":[{"floor":"1000"}`, `"assets":[{"floor":"1000"},{"dust":"1"}`, "twice"},
		"a negative amount":  {`"floor":"1000"`, `"floor":"-1"`, "-1"},
		"an amount of money": {`"floor":"1000"`, `"floor":"1.5"`, "1.5"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(order, tt.old, tt.now, 1)
			if text == order {
				t.Fatal("nothing was changed")
			}
			_, err := sweep.Parse([]byte(text))
			if !(errors.Is(err, countersign.ErrInvalid) || errors.Is(err, countersign.ErrID)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q named", err, tt.want)
			}
		})
	}
}
