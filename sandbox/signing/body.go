package signing

import (
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"countersign/sandbox/dfns"
	"countersign/sandbox/unsigned"
)

// Body is what a signature request asks for, checked. It goes out as it came in.
type Body struct {
	Kind       string
	Network    string // DFNS's name, or ""
	Blockchain string // Evm, or "": blockchainKind
	ExternalID string // 1 to 50 characters, or ""
	Raw        json.RawMessage

	hash, message []byte
	transaction   unsigned.Transaction
	typed         typedData
}

// wire is the body as it came, of every kind that the sandbox signs.
type wire struct {
	Kind           string          `json:"kind"`
	Network        string          `json:"network"`
	BlockchainKind string          `json:"blockchainKind"`
	ExternalID     string          `json:"externalId"`
	Hash           string          `json:"hash"`
	Message        json.RawMessage `json:"message"`
	Transaction    json.RawMessage `json:"transaction"`
	Types          json.RawMessage `json:"types"`
	Domain         json.RawMessage `json:"domain"`
}

// kinds lists the kinds that the sandbox signs, with the members of each besides those that
// all have.
var kinds = map[string]string{
	"Hash": "hash", "Message": "message", "Eip191": "message", "Eip712": "types domain message", "Transaction": "transaction",
}

// foreign lists the kinds that DFNS has and the sandbox refuses by name (@dfns/sdk 0.8.21).
var foreign = strings.Fields(`Eip7702 Snip12 Psbt Bip322 SignDocDirect SignerPayload Cip8 DfnsSmartAccountTransaction
	StellarFeeBumpTransaction`)

var bytesForm = regexp.MustCompile(`^(0x)?([0-9a-fA-F]{2})*$`)

// Parse reads and checks the body of a signature request. Its errors are 400s and 501s for
// the caller.
func Parse(raw []byte) (Body, error) {
	var members map[string]json.RawMessage
	var w wire
	if err := dfns.Decode(raw, &members); err != nil {
		return Body{}, err
	}
	if json.Unmarshal(members["kind"], &w.Kind) != nil {
		return Body{}, dfns.BadRequest("kind is required")
	}
	if slices.Contains(foreign, w.Kind) {
		return Body{}, dfns.NotImplemented("signatures of kind %s", w.Kind)
	}
	takes, known := kinds[w.Kind]
	if !known {
		return Body{}, dfns.BadRequest("kind must be a kind of signature: %q is not", w.Kind)
	}
	if members["taprootMerkleRoot"] != nil {
		return Body{}, dfns.NotImplemented("taprootMerkleRoot, which is of Schnorr keys")
	}
	allowed := append(strings.Fields(takes), "kind", "network", "blockchainKind", "externalId")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(allowed, name) {
			return Body{}, dfns.BadRequest("a signature of kind %s does not take %q", w.Kind, name)
		}
	}
	if err := dfns.Decode(raw, &w); err != nil {
		return Body{}, err
	}
	b := Body{Kind: w.Kind, Network: w.Network, Blockchain: w.BlockchainKind, ExternalID: w.ExternalID, Raw: raw}
	if e, given := members["externalId"]; given && (b.ExternalID == "" || len([]rune(b.ExternalID)) > 50) {
		return b, dfns.BadRequest("externalId must have 1 to 50 characters, not %s", e)
	}
	if b.Blockchain != "" && b.Blockchain != "Evm" {
		return b, dfns.NotImplemented("signatures for blockchainKind %s", b.Blockchain)
	}
	return b, b.read(w)
}

// read fills in what the kind signs.
func (b *Body) read(w wire) (err error) {
	switch b.Kind {
	case "Hash":
		if b.hash, err = unhex("hash", w.Hash); err == nil && len(b.hash) != 32 {
			err = dfns.BadRequest("hash must have 32 bytes, not %d", len(b.hash))
		}
	case "Message", "Eip191":
		b.message, err = unhexJSON("message", w.Message)
	case "Eip712":
		b.typed, err = readTyped(w)
	case "Transaction":
		var raw []byte
		if len(w.Transaction) > 0 && w.Transaction[0] == '{' {
			return dfns.NotImplemented("signatures of a transaction that is given as an object; give it in hex")
		}
		if raw, err = unhexJSON("transaction", w.Transaction); err == nil {
			b.transaction, err = unsigned.Read(raw)
		}
	}
	return err
}

// ChainID returns the chain that a transaction or typed data is bound to, or nil.
func (b Body) ChainID() *big.Int {
	switch b.Kind {
	case "Transaction":
		return b.transaction.ChainID
	case "Eip712":
		return b.typed.chainID()
	}
	return nil
}

func unhexJSON(name string, raw json.RawMessage) ([]byte, error) {
	var text string
	if raw == nil || json.Unmarshal(raw, &text) != nil {
		return nil, dfns.BadRequest("%s is required, in hex", name)
	}
	return unhex(name, text)
}
