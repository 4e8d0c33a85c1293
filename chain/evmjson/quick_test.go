package evmjson_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"

	"pgregory.net/rapid"
)

// plain is a log as encoding/json reads it.
type plain evmjson.Log

const log = `{"address":"0x00000000000000000000000000000000000000a1","topics":["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"],"data":"0x01ff","blockHash":"0x00000000000000000000000000000000000000000000000000000000000000b1","blockNumber":"0x10","blockTimestamp":"0x65","transactionHash":"0x00000000000000000000000000000000000000000000000000000000000000c1","transactionIndex":"0x2","logIndex":"0x3","removed":false}`

// same reads a log both ways.
func same(t interface{ Fatalf(string, ...any) }, text string) error {
	var quick evmjson.Log
	var slow plain
	err, slowErr := json.Unmarshal([]byte(text), &quick), json.Unmarshal([]byte(text), &slow)
	if (err == nil) != (slowErr == nil) || err == nil && !reflect.DeepEqual(plain(quick), slow) {
		t.Fatalf("%s is read as\n%+v, %v, where encoding/json has\n%+v, %v", text, quick, err, slow, slowErr)
	}
	return err
}

func TestALogIsReadAsEncodingJSONDoes(t *testing.T) {
	for name, change := range map[string][2]string{
		"as it is": {}, "spaces": {`,"`, " ,\n\t\""}, "no topics": {`["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"]`, `[]`},
		"two topics": {`["0xdd`, `["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","0xdd`}, "no data": {"0x01ff", "0x"}, "capitals": {"0x01ff", "0x01FF"},
		"an odd digit": {"0x01ff", "0x01f"}, "no hex": {"0x01ff", "0xzz"}, "no 0x": {"0x01ff", "01ff"}, "a short address": {"00a1", "a1"}, "null data": {`"0x01ff"`, "null"},
		"an escape": {"0x01ff", `0x01\u0066f`}, "an escape in a key": {`"data"`, `"d\u0061ta"`}, "another case": {`"data"`, `"Data"`}, "a zero before": {`"0x10"`, `"0x010"`},
		"a number": {`"0x10"`, "16"}, "too large": {`"0x10"`, `"0x10000000000000000"`}, "removed": {"false", "true"}, "null": {"false", "null"}, "no member": {`"logIndex":"0x3",`, ""},
		"another member": {`"removed"`, `"more":{"a":[1]},"removed"`}, "an empty text": {`"0x65"`, `""`},
	} {
		t.Run(name, func(t *testing.T) { _ = same(t, strings.Replace(log, change[0], change[1], 1)) })
	}
	if err := same(t, log); err != nil {
		t.Error(err)
	}
}

func TestDamagedLogsAreReadAsEncodingJSONDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(log)
		for range rapid.IntRange(1, 3).Draw(rt, "changes") {
			at := rapid.IntRange(0, len(text)-1).Draw(rt, "at")
			text[at] = rapid.SampledFrom([]byte(`0f x"\,:{}[]nt`)).Draw(rt, "byte")
		}
		_ = same(rt, string(text))
	})
}

func TestLogsThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"null": "null", "removed": "[" + strings.Replace(log, "false", "true", 1) + "]", "of no block": "[" + strings.Replace(log, "b1", "00", 1) + "]",
		"of no transaction": "[" + strings.Replace(log, "00c1", "0000", 1) + "]",
	} {
		if logs, err := evmjson.ReadLogs(jsonrpc.Reply{Result: []byte(text)}); err == nil {
			t.Errorf("%s: ReadLogs = %+v", name, logs)
		}
	}
	if logs, err := evmjson.ReadLogs(jsonrpc.Reply{Result: []byte("[" + log + "," + log + "]")}); err != nil || len(logs) != 2 {
		t.Errorf("ReadLogs = %d, %v", len(logs), err)
	}
}
