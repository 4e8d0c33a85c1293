package rulestest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign"
	"countersign/strictjson"
)

// A Case is one request with what the services know and what the book must say.
type Case struct {
	// Name says what the case shows. Defaults to the name of its file.
	Name string `json:"name"`
	// Initiator, Wallet, Network and Policies are as the custodian names them.
	Initiator string   `json:"initiator"`
	Wallet    string   `json:"wallet"`
	Network   string   `json:"network"`
	Policies  []string `json:"policies"`
	// Exactly one of Call, Transfer and Approval says what is asked for. An Approval is
	// in the form of the vocabulary, as records have it, and stands for the fields above.
	Call     *Call                 `json:"call"`
	Transfer *countersign.Transfer `json:"transfer"`
	Approval *countersign.Approval `json:"approval"`
	// Now is the time of the decision; defaults to noon of 1 May 2026, UTC.
	Now time.Time `json:"now"`
	// Services is what they answer.
	Services Answers `json:"services"`
	Want     Want    `json:"want"`
}

// A Call is an EVM call: its data as hex, or a function with arguments; see [Encode].
type Call struct {
	To       string             `json:"to"`
	Value    countersign.Amount `json:"value"`
	Data     string             `json:"data"`
	Function string             `json:"function"`
	Args     []any              `json:"args"`
}

// Want is what the book must say. An empty Code is any.
type Want struct {
	Verdict countersign.Verdict    `json:"verdict"`
	Code    countersign.ReasonCode `json:"code"`
	// Counts are the claims by budget, all of them, where it is there.
	Counts map[string]countersign.Amount `json:"counts"`
}

// ErrCase means that a case cannot be used.
var ErrCase = errors.New("case")

// Parse reads one case, or a list of them. Unknown fields and keys that stand twice are
// refused.
func Parse(text []byte) (cases []Case, err error) {
	if err := strictjson.Check(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCase, err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		err = dec.Decode(&cases)
	} else {
		cases = make([]Case, 1)
		err = dec.Decode(&cases[0])
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCase, err)
	}
	return cases, nil
}

// Load reads the cases of a file, or of every .json file in a folder and below, in the
// order of names.
func Load(path string) (cases []Case, err error) {
	err = filepath.WalkDir(path, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".json" {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		more, err := Parse(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		for i := range more {
			if more[i].Name == "" && len(more) == 1 {
				more[i].Name = name
			} else if more[i].Name == "" {
				more[i].Name = fmt.Sprintf("%s %d", name, i+1)
			}
		}
		cases = append(cases, more...)
		return nil
	})
	if err == nil && len(cases) == 0 {
		err = fmt.Errorf("%w: %s has no .json file", ErrCase, path)
	}
	return cases, err
}

// Request is the approval that a case asks for, and its time.
func (c Case) Request() (a countersign.Approval, now time.Time, err error) {
	if now = c.Now; now.IsZero() {
		now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	}
	given := 0
	for _, is := range []bool{c.Call != nil, c.Transfer != nil, c.Approval != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return a, now, fmt.Errorf("%w %s: give exactly one of call, transfer and approval", ErrCase, c.Name)
	}
	if c.Approval != nil {
		return *c.Approval, now, nil
	}
	act := countersign.Activity{Kind: "Wallets:Sign", WalletID: c.Wallet, Network: c.Network, Transfer: c.Transfer}
	if c.Transfer != nil {
		act.Request = c.Transfer.Kind
	} else {
		act.Request = "Eip1559"
		if act.Call, err = c.Call.call(); err != nil {
			return a, now, fmt.Errorf("%w %s: call: %w", ErrCase, c.Name, err)
		}
	}
	return countersign.Approval{
		ID: "ap-case", InitiatorID: c.Initiator, Status: countersign.StatusPending, Activity: act, Policies: c.Policies, Snapshot: "case",
	}, now, nil
}

func (c Call) call() (_ *countersign.Call, err error) {
	out := &countersign.Call{To: strings.ToLower(c.To), Value: c.Value}
	switch {
	case c.Function != "" && c.Data != "":
		return nil, errors.New("data and function: give one of them")
	case c.Function != "":
		out.Data, err = Encode(c.Function, c.Args...)
	default:
		out.Data, err = hex.DecodeString(strings.TrimPrefix(c.Data, "0x"))
	}
	return out, err
}
