package activity

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"countersign"
)

// A shape says where a kind of transfer keeps what the vocabulary asks for.
type shape struct {
	// asset lists the members that together locate the asset, joined by "/" in
	// this order: what it is first, then who issues it.
	asset []string
	// piece is the member that names the piece, for collectibles.
	piece string
	// evm says that addresses are EVM addresses whatever the network's name.
	evm bool
}

// shapes are the kinds of transfer in dfns.md §5.2.
var shapes = map[string]shape{
	"Native":  {},
	"Erc20":   {asset: []string{"contract"}, evm: true},
	"Erc7984": {asset: []string{"contract"}, evm: true},
	"Erc721":  {asset: []string{"contract"}, piece: "tokenId", evm: true},
	"Spl":     {asset: []string{"mint"}},
	"Spl2022": {asset: []string{"mint"}},
	"Trc10":   {asset: []string{"tokenId"}},
	"Trc20":   {asset: []string{"contract"}},
	"Trc721":  {asset: []string{"contract"}, piece: "tokenId"},
	"Aip21":   {asset: []string{"metadata"}},
	"Asa":     {asset: []string{"assetId"}},
	"Asset":   {asset: []string{"assetId"}},
	"Cip56":   {asset: []string{"instrumentId", "instrumentAdmin"}},
	"Cis2":    {asset: []string{"tokenAddress"}},
	"Cis7":    {asset: []string{"tokenId"}},
	"Coin":    {asset: []string{"coin"}},
	"Hip17":   {asset: []string{"tokenId"}, piece: "serialNumber"},
	"Hts":     {asset: []string{"tokenId"}},
	"Iou":     {asset: []string{"currency", "issuer"}},
	"Sep41":   {asset: []string{"assetCode", "issuer"}},
	"Snip2":   {asset: []string{"contract"}},
	"Snip3":   {asset: []string{"contract"}, piece: "tokenId"},
	"Tep74":   {asset: []string{"master"}},
	"Xls33":   {asset: []string{"issuanceId"}},
}

// beside are the members that any transfer may have beside those of its shape.
// They say how to send, not what or to whom.
var beside = []string{
	"kind", "to", "memo", "externalId", "priority", "travelRule", "feeSponsorId",
	"createDestinationAccount", "offer", "expiresAt", "useDurableNonce",
}

// transfer reads the body of a transfer request.
func transfer(kind string, body map[string]json.RawMessage) (*countersign.Transfer, error) {
	s, ok := shapes[kind]
	if !ok {
		return nil, fmt.Errorf("transfers of kind %.64q are not read", kind)
	}
	known := append(slices.Clone(beside), s.asset...)
	t := &countersign.Transfer{Kind: kind, Amount: countersign.NewAmount(1)}
	r := reader{body: body}
	if s.piece != "" {
		known = append(known, s.piece)
		t.TokenID = r.must(s.piece)
	} else {
		known = append(known, "amount")
		t.Amount = r.decimal("amount")
	}
	r.only(known)
	t.To = r.address("to", s.evm)
	t.Memo = r.may("memo")
	t.Asset = r.locator(s)
	if r.err != nil {
		return nil, fmt.Errorf("transfer of kind %s: %w", kind, r.err)
	}
	return t, nil
}

// locator joins the members that locate the asset. A part that holds the joint
// would let two assets share a name, so there is none such.
func (r *reader) locator(s shape) string {
	parts := make([]string, len(s.asset))
	for i, name := range s.asset {
		if s.asset[i] == "contract" {
			parts[i] = r.address(name, s.evm)
		} else {
			parts[i] = r.must(name)
		}
		if len(parts) > 1 && strings.Contains(parts[i], "/") {
			r.fail("%s holds a slash", name)
		}
	}
	return strings.Join(parts, "/")
}

// A reader takes members out of a request body and remembers the first that is
// not as documented.
type reader struct {
	body map[string]json.RawMessage
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// only refuses members that we do not know: they may change what will be signed.
func (r *reader) only(known []string) {
	for _, name := range slices.Sorted(maps.Keys(r.body)) {
		if !slices.Contains(known, name) {
			r.fail("member %.64q is not read", name)
		}
	}
}

// has reports whether a member is there and not null.
func (r *reader) has(name string) bool {
	raw, ok := r.body[name]
	return ok && string(raw) != "null"
}

// must returns a member that is a text and not empty.
func (r *reader) must(name string) string {
	s := text(r.body[name])
	if s == "" {
		r.fail("%s is not a text", name)
	}
	return s
}

// may is must for a member that may be missing.
func (r *reader) may(name string) string {
	var s string
	if r.has(name) && json.Unmarshal(r.body[name], &s) != nil {
		r.fail("%s is not a text", name)
	}
	return s
}

// decimal returns an amount in minimum units.
func (r *reader) decimal(name string) countersign.Amount {
	a, err := countersign.ParseAmount(r.must(name))
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return a
}

var evmAddress = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`) // dfns.md §5.2

// address returns a text, in lower case where it is an EVM address, whose case
// is only a checksum. With evm, nothing else will do.
func (r *reader) address(name string, evm bool) string {
	s := r.must(name)
	if evmAddress.MatchString(s) {
		return strings.ToLower(s)
	}
	if evm {
		r.fail("%s is not 0x and 40 hex digits", name)
	}
	return s
}
