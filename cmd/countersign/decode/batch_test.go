package decode_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"countersign/cmd/countersign/decode"
)

const (
	token    = "0x4444444444444444444444444444444444444444"
	router   = "0x5555555555555555555555555555555555555555"
	transfer = "0xa9059cbb000000000000000000000000111111111111111111111111111111111111111100000000000000000000000000000000000000000000000000000000000000ff"
	pins     = `"abi":{"` + token + `":["transfer(address,uint256)"]}`
)

// answers runs a batch.
func answers(t *testing.T, lines ...string) (out []decode.Answer) {
	t.Helper()
	var b bytes.Buffer
	if err := decode.Batch(strings.NewReader(strings.Join(lines, "\n")), &b); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&b)
	for {
		var a decode.Answer
		if err := dec.Decode(&a); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
}

func TestRequests(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		refuse     bool
		reasons    string
		opaque     int
		kind       string // of the tree; empty when there is none
	}{
		{"a transfer", `{"name":"x","chainId":1,"to":"` + token + `","value":"0","data":"` + transfer + `",` + pins + `}`, false, "", 0, "call"},
		{"value in hex, chain as text, members of the caller's own", `{"name":"x","chainId":"0x1","note":1,"to":"` + token + `","value":"0x10","data":"` + transfer + `",` + pins + `}`, false, "", 0, "call"},
		{"value as a number and no data", `{"name":"x","to":"` + token + `","value":7}`, false, "", 0, "transfer"},
		{"a trailing byte", `{"name":"x","to":"` + token + `","data":"` + transfer + `00",` + pins + `}`, true, "trailing_bytes", 1, "malformed"},
		{"nothing pinned", `{"name":"x","to":"` + token + `","data":"` + transfer + `","abi":{}}`, true, "unknown_contract", 1, "unknown"},
		{"another function", `{"name":"x","to":"` + token + `","data":"0x12345678",` + pins + `}`, true, "unknown_selector", 1, "unknown"},
		{"a creation", `{"name":"x","to":null,"data":"0x6000"}`, true, "contract_creation", 1, "create"},
		{"a creation without to", `{"name":"x","data":"0x6000"}`, true, "contract_creation", 1, "create"},
		{"type 4", `{"name":"x","to":"` + token + `","data":"` + transfer + `","txType":4,"authorizationList":[{"chainId":0,"address":"` + router + `","nonce":1}],` + pins + `}`, true, "set_code", 1, "call"},
		{"type 4 in words, without a list", `{"name":"x","to":"` + token + `","data":"` + transfer + `","txType":"eip7702",` + pins + `}`, true, "set_code", 1, "unknown"},
		{"an authorisation list whatever the type", `{"name":"x","to":"` + token + `","data":"` + transfer + `","authorizationList":[{"address":"` + router + `"}],` + pins + `}`, true, "set_code", 1, "call"},
		{"type 2", `{"name":"x","to":"` + token + `","data":"` + transfer + `","txType":"0x2",` + pins + `}`, false, "", 0, "call"},
		{"a router whose version is not pinned", `{"name":"x","to":"` + router + `","data":"` + emptyPlan + `","abi":{"` + router + `":["execute(bytes,bytes[])"]}}`, true, "unknown_protocol", 1, "malformed"},
		{"a router whose version is", `{"name":"x","to":"` + router + `","data":"` + emptyPlan + `","abi":{"` + router + `":["execute(bytes,bytes[])"]},"protocols":{"` + router + `":"uniswap-ur-v2"}}`, false, "", 0, "call"},

		{"no JSON", `{"name":"x",`, true, "invalid_request", 0, ""},
		{"a member twice", `{"name":"x","to":"` + token + `","to":"` + router + `"}`, true, "invalid_request", 0, ""},
		{"an address that is none", `{"name":"x","to":"0x12"}`, true, "invalid_request", 0, ""},
		{"a checksum that fails", `{"name":"x","to":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"}`, true, "invalid_request", 0, ""},
		{"data that is no hex", `{"name":"x","to":"` + token + `","data":"0xzz"}`, true, "invalid_request", 0, ""},
		{"a value that is none", `{"name":"x","to":"` + token + `","value":"-1"}`, true, "invalid_request", 0, ""},
		{"a value of more than 256 bits", `{"name":"x","to":"` + token + `","value":"0x1` + strings.Repeat("0", 64) + `"}`, true, "invalid_request", 0, ""},
		{"a type that is none", `{"name":"x","to":"` + token + `","txType":5}`, true, "invalid_request", 0, ""},
		{"an authorisation without an address", `{"name":"x","to":"` + token + `","authorizationList":[{}]}`, true, "invalid_request", 0, ""},
		{"a signature that is none", `{"name":"x","to":"` + token + `","abi":{"` + token + `":["transfer(address"]}}`, true, "invalid_abi", 0, ""},
		{"two functions with one selector", `{"name":"x","to":"` + token + `","abi":{"` + token + `":["burn(uint256)","collate_propagate_storage(bytes16)"]}}`, true, "invalid_abi", 0, ""},
		{"an address twice in the ABI", `{"name":"x","to":"` + token + `","abi":{"0x` + strings.Repeat("ab", 20) + `":["f()"],"0x` + strings.Repeat("AB", 20) + `":["f()"]}}`, true, "invalid_request", 0, ""},
		{"a protocol that is none", `{"name":"x","to":"` + token + `",` + pins + `,"protocols":{"` + token + `":"x"}}`, true, "invalid_request", 0, ""},
		{"a protocol of an address without an ABI", `{"name":"x","to":"` + token + `","protocols":{"` + token + `":"uniswap-ur-v2"}}`, true, "invalid_request", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			as := answers(t, tt.line)
			if len(as) != 1 {
				t.Fatalf("%d answers", len(as))
			}
			a := as[0]
			var reasons []string
			for _, r := range a.Reasons {
				reasons = append(reasons, string(r))
			}
			kind := ""
			if a.Tree != nil {
				kind = a.Tree.Kind
			}
			if a.Refuse != tt.refuse || strings.Join(reasons, ",") != tt.reasons || a.OpaqueLeaves != tt.opaque || kind != tt.kind {
				t.Errorf("answer %+v (%s), want refuse %v for %q, %d opaque, kind %q", a, kind, tt.refuse, tt.reasons, tt.opaque, tt.kind)
			}
			if (a.Tree == nil) != (a.Error != "") {
				t.Errorf("error %q beside tree %v: exactly one of them is told", a.Error, a.Tree)
			}
		})
	}
}

// emptyPlan is execute("", []).
const emptyPlan = "0x24856bc3" +
	"0000000000000000000000000000000000000000000000000000000000000040" +
	"0000000000000000000000000000000000000000000000000000000000000060" +
	"0000000000000000000000000000000000000000000000000000000000000000" +
	"0000000000000000000000000000000000000000000000000000000000000000"

// Every line has its answer, in order, whatever the lines before it were.
func TestBatchAnswersEveryLine(t *testing.T) {
	good := `{"name":"good","to":"` + token + `","data":"` + transfer + `",` + pins + `}`
	endless := `{"name":"` + strings.Repeat("x", 5<<20) + `"}`
	as := answers(t, good, "", "bad", endless, "   ", strings.Replace(good, `"good"`, `"last"`, 1))
	var said []string
	for _, a := range as {
		said = append(said, a.Name+":"+map[bool]string{true: "no", false: "yes"}[a.Refuse])
	}
	if got, want := strings.Join(said, " "), "good:yes :no :no last:yes"; got != want {
		t.Errorf("answers %s, want %s", got, want)
	}
}

// An answer is there as soon as its request is: the batch may stand behind a pipe
// whose writer waits for the answer before it asks again.
func TestBatchAnswersBeforeTheInputEnds(t *testing.T) {
	requests, ask := io.Pipe()
	listen, answers := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- decode.Batch(requests, answers); answers.Close() }()
	lines := bufio.NewReader(listen)
	for _, name := range []string{"one", "two"} {
		if _, err := io.WriteString(ask, `{"name":"`+name+`","to":"`+token+`"}`+"\n"); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil || !strings.Contains(line, `"name":"`+name+`"`) {
			t.Fatalf("answer %q, %v", line, err)
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What comes from outside cannot move the cursor, hide text or write over it.
func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain 1,000.00 é": "plain 1,000.00 é",
		"a\x1b[2Jb\nc\r":   `a\u001b[2Jb\u000ac\u000d`,
		"x\u202egnp.exe":   `x\u202egnp.exe`,
		"zero\u200bwidth":  `zero\u200bwidth`,
	} {
		if got := decode.Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
	if got := decode.Printable(strings.Repeat("x", 1000)); len(got) > 300 || !strings.Contains(got, "1000 characters") {
		t.Errorf("Printable of 1,000 characters = %q", got)
	}
}
