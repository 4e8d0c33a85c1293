package request

import (
	"encoding/hex"
	"fmt"
	"strings"

	"countersign"
)

// locators are the members that locate an asset, by the kind of transfer, joined by "/" in the
// vocabulary as package activity joins them, and piece the member that names a collectible
// (dfns.md §5.2).
var locators = map[string]struct {
	asset []string
	piece string
	memo  bool
}{
	"Native":  {memo: true},
	"Erc20":   {asset: []string{"contract"}},
	"Erc7984": {asset: []string{"contract"}},
	"Erc721":  {asset: []string{"contract"}, piece: "tokenId"},
	"Spl":     {asset: []string{"mint"}, memo: true},
	"Spl2022": {asset: []string{"mint"}, memo: true},
	"Trc10":   {asset: []string{"tokenId"}},
	"Trc20":   {asset: []string{"contract"}},
	"Trc721":  {asset: []string{"contract"}, piece: "tokenId"},
	"Aip21":   {asset: []string{"metadata"}},
	"Asa":     {asset: []string{"assetId"}, memo: true},
	"Coin":    {asset: []string{"coin"}},
	"Hts":     {asset: []string{"tokenId"}, memo: true},
	"Iou":     {asset: []string{"currency", "issuer"}, memo: true},
	"Sep41":   {asset: []string{"assetCode", "issuer"}, memo: true},
	"Tep74":   {asset: []string{"master"}, memo: true},
}

// body is an instruction as DFNS takes it. The same instruction is the same bytes: a second
// submission must be the first one's twin.
func body(i countersign.Instruction) (map[string]string, countersign.RequestKind, error) {
	if err := i.Check(); err != nil {
		return nil, "", err
	}
	if i.Call != nil {
		return call(i), countersign.TransactionRequest, nil
	}
	b, err := transfer(*i.Transfer)
	if err != nil {
		return nil, "", err
	}
	b["externalId"] = i.ExternalID
	return b, countersign.TransferRequest, nil
}

func transfer(t countersign.Transfer) (map[string]string, error) {
	l, known := locators[t.Kind]
	if !known {
		return nil, fmt.Errorf("transfer.kind: %w: transfers of kind %.40q are not submitted", countersign.ErrInvalid, t.Kind)
	}
	b := map[string]string{"kind": t.Kind, "to": t.To}
	parts := strings.Split(t.Asset, "/")
	if t.Asset == "" {
		parts = nil
	}
	if len(parts) != len(l.asset) {
		return nil, fmt.Errorf("transfer.asset: %w: %.80q, want %d parts (%s)", countersign.ErrInvalid, t.Asset, len(l.asset), strings.Join(l.asset, "/"))
	}
	for n, name := range l.asset {
		b[name] = parts[n]
	}
	switch {
	case l.piece == "":
		b["amount"] = t.Amount.String()
	case t.TokenID == "" || t.Amount.Cmp(countersign.NewAmount(1)) != 0:
		return nil, fmt.Errorf("transfer.token_id: %w: a transfer of kind %s names its piece, and its amount is 1", countersign.ErrInvalid, t.Kind)
	default:
		b[l.piece] = t.TokenID
	}
	if t.Memo != "" && !l.memo {
		return nil, fmt.Errorf("transfer.memo: %w: a transfer of kind %s has none", countersign.ErrInvalid, t.Kind)
	}
	if t.Memo != "" {
		b["memo"] = t.Memo
	}
	return b, nil
}

// call is a transaction of kind Eip1559, which every EVM network of today takes.
func call(i countersign.Instruction) map[string]string {
	c := i.Call
	b := map[string]string{"kind": "Eip1559", "externalId": i.ExternalID, "data": "0x" + hex.EncodeToString(c.Data), "value": c.Value.String()}
	if c.To != "" {
		b["to"] = c.To
	}
	if !c.GasLimit.IsZero() {
		b["gasLimit"] = c.GasLimit.String()
	}
	if !c.MaxFeePerGas.IsZero() {
		b["maxFeePerGas"] = c.MaxFeePerGas.String()
	}
	if !c.MaxPriorityFeePerGas.IsZero() {
		b["maxPriorityFeePerGas"] = c.MaxPriorityFeePerGas.String()
	}
	return b
}
