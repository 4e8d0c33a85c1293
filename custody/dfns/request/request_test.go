package request_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/request"
)

// platform answers user actions, and POSTs to wallets with what it is told; it keeps the bodies.
func platform(t *testing.T, status int, answer string, lists map[string]string) (request.Requests, *[]string) {
	t.Helper()
	var bodies []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.URL.Path == "/auth/action/init":
			fmt.Fprint(w, `{"challenge":"abc","challengeIdentifier":"id","allowCredentials":{"key":[{"type":"public-key","id":"cr-1"}],"webauthn":[]}}`)
		case r.URL.Path == "/auth/action":
			fmt.Fprint(w, `{"userAction":"token"}`)
		case r.Method == http.MethodPost:
			bodies = append(bodies, r.URL.Path+" "+string(body))
			w.WriteHeader(status)
			fmt.Fprint(w, answer)
		default:
			fmt.Fprint(w, lists[r.URL.Path])
		}
	}))
	t.Cleanup(srv.Close)
	seed := sha256.Sum256([]byte("a key for tests"))
	c, err := dfns.New(dfns.Config{BaseURL: srv.URL, AuthToken: "t", CredentialID: "cr-1", Signer: ed25519.NewKeyFromSeed(seed[:])})
	if err != nil {
		t.Fatal(err)
	}
	return request.Requests{Client: c}, &bodies
}

const (
	to   = "0x00000000000000000000000000000000000000cc"
	coin = "0x00000000000000000000000000000000000000dd"
	made = `{"id":"xfr-1","walletId":"wa-1","network":"Net","status":"Pending","externalId":"pay-1","approvalId":"ap-1","requester":{"userId":"us-2"},
		"fee":"21","txHash":"0xAB00000000000000000000000000000000000000000000000000000000000000","requestBody":{"kind":"Erc20","contract":"` + coin + `","to":"` + to + `","amount":"5"}}`
)

func pay(t countersign.Transfer) countersign.Instruction {
	return countersign.Instruction{ExternalID: "pay-1", WalletID: "wa-1", Transfer: &t}
}

func TestWhatIsSubmitted(t *testing.T) {
	r, bodies := platform(t, 200, made, nil)
	token := countersign.Transfer{Kind: "Erc20", Asset: coin, To: to, Amount: countersign.NewAmount(5)}
	got, err := r.Submit(t.Context(), pay(token))
	if err != nil || got.ID != "xfr-1" || got.Status != countersign.RequestPending || got.ApprovalID != "ap-1" || got.InitiatorID != "us-2" ||
		got.Fee.String() != "21" || !strings.HasPrefix(got.TxHash, "0xab") || got.Activity.Transfer == nil || got.Activity.Transfer.Asset != coin || got.Activity.Transfer.Amount.Cmp(token.Amount) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.Submit(t.Context(), pay(token)); err != nil || (*bodies)[0] != (*bodies)[1] {
		t.Errorf("the second submission is not the first one's twin: %v, %v", *bodies, err)
	}
	call := countersign.Instruction{ExternalID: "pay-1", WalletID: "wa-1", Call: &countersign.Call{To: to, Value: countersign.NewAmount(3), Data: []byte{1, 2}}}
	if _, err := r.Submit(t.Context(), call); err != nil {
		t.Error(err)
	}
	call.Call = &countersign.Call{To: to, GasLimit: countersign.NewAmount(21000), MaxFeePerGas: countersign.NewAmount(9), MaxPriorityFeePerGas: countersign.NewAmount(8)}
	if _, err := r.Submit(t.Context(), call); err != nil {
		t.Error(err)
	}
	for i, want := range []string{
		0: `/wallets/wa-1/transfers {"amount":"5","contract":"` + coin + `","externalId":"pay-1","kind":"Erc20","to":"` + to + `"}`,
		2: `/wallets/wa-1/transactions {"data":"0x0102","externalId":"pay-1","kind":"Eip1559","to":"` + to + `","value":"3"}`,
		3: `/wallets/wa-1/transactions {"data":"0x","externalId":"pay-1","gasLimit":"21000","kind":"Eip1559","maxFeePerGas":"9","maxPriorityFeePerGas":"8","to":"` + to + `","value":"0"}`,
	} {
		if want != "" && (*bodies)[i] != want {
			t.Errorf("sent %s\nwant %s", (*bodies)[i], want)
		}
	}
}

func TestWhatIsNotSubmitted(t *testing.T) {
	r, bodies := platform(t, 200, made, nil)
	for name, x := range map[string]countersign.Transfer{
		"a kind that we do not write": {Kind: "Moon", To: to, Amount: countersign.NewAmount(1)},
		"a token without a contract":  {Kind: "Erc20", To: to, Amount: countersign.NewAmount(1)},
		"a coin with a contract":      {Kind: "Native", Asset: coin, To: to, Amount: countersign.NewAmount(1)},
		"a memo where there is none":  {Kind: "Erc20", Asset: coin, To: to, Amount: countersign.NewAmount(1), Memo: "m"},
		"two of one piece":            {Kind: "Erc721", Asset: coin, To: to, Amount: countersign.NewAmount(2), TokenID: "7"},
	} {
		if _, err := r.Submit(t.Context(), pay(x)); !errors.Is(err, countersign.ErrInvalid) || len(*bodies) > 0 {
			t.Errorf("%s: %v, sent %v", name, err, *bodies)
		}
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	for status, want := range map[int]error{
		409: countersign.ErrExternalIDReused, 400: countersign.ErrInvalid, 422: countersign.ErrInvalid, 404: countersign.ErrInvalid, 403: countersign.ErrDenied,
	} {
		r, _ := platform(t, status, `{"error":{"message":"no"}}`, nil)
		if _, err := r.Submit(t.Context(), pay(countersign.Transfer{Kind: "Native", To: to, Amount: countersign.NewAmount(1)})); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", status, err, want)
		}
	}
	r, _ := platform(t, 200, strings.Replace(made, "pay-1", "pay-2", 1), nil)
	if _, err := r.Submit(t.Context(), pay(countersign.Transfer{Kind: "Native", To: to, Amount: countersign.NewAmount(1)})); err == nil {
		t.Error("the answer of another request was taken")
	}
}

func TestWhatIsRead(t *testing.T) {
	replaced := strings.Replace(made, `"fee":"21"`, `"fee":"2.1 XLM","replacementId":"tx-9"`, 1)
	r, _ := platform(t, 200, "", map[string]string{
		"/wallets/wa-1/transfers/xfr-1": replaced, "/wallets/wa-1/transfers/xfr-2": made, "/wallets/wa-1/transfers/xfr-3": `{"id":"xfr-3","ID":"xfr-4"}`,
		"/wallets/wa-1/transfers/xfr-5": `{"id":"xfr-5","status":7}`, "/wallets/wa-1/transfers/xfr-6": `{"status":7}`,
		"/wallets/wa-1/transfers": `{"items":[` + strings.Replace(made, "xfr-1", "xfr-0", 1) + `,` + replaced + `]}`, "/wallets/wa-1/transactions": `{"items":[]}`,
	})
	ref := func(kind countersign.RequestKind, id string) countersign.RequestRef {
		return countersign.RequestRef{Kind: kind, WalletID: "wa-1", ID: id}
	}
	got, err := r.Request(t.Context(), ref(countersign.TransferRequest, "xfr-1"))
	if err != nil || got.ReplacementID != "tx-9" || !got.Fee.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.Request(t.Context(), ref(countersign.TransferRequest, "xfr-2")); err == nil {
		t.Error("another request than asked for was taken")
	}
	if _, err := r.Request(t.Context(), ref(countersign.TransferRequest, "xfr-3")); !errors.Is(err, countersign.ErrUnreadable) {
		t.Errorf("two IDs: %v", err)
	}
	var odd *countersign.UnreadableError
	if _, err := r.Request(t.Context(), ref(countersign.TransferRequest, "xfr-5")); !errors.As(err, &odd) || odd.Name() != "transfer/xfr-5" {
		t.Errorf("a status that is no text: %v", err)
	}
	if _, err := r.Request(t.Context(), ref(countersign.TransferRequest, "xfr-6")); err == nil || errors.Is(err, countersign.ErrUnreadable) {
		t.Errorf("an answer that is not about it: %v, want an error that is asked again", err)
	}
	if got, err := r.Replaced(t.Context(), ref(countersign.TransactionRequest, "tx-9")); err != nil || got.ID != "xfr-1" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.Replaced(t.Context(), ref(countersign.TransactionRequest, "tx-8")); !errors.Is(err, countersign.ErrNotFound) {
		t.Errorf("a request that replaces nothing: %v", err)
	}
}
