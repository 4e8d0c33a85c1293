// Package decode is what `countersign decode` does: it reads call data with the ABIs
// that it is given and nothing else, and prints the tree of calls or why it was
// refused, for people or as JSON.
package decode

import (
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/treejson"
)

// An Answer is one reading. The field names are wire format.
type Answer struct {
	// Name is the request's, so that answers can be told apart.
	Name string `json:"name"`
	// Refuse is true when nobody but people may decide on the transaction.
	Refuse bool `json:"refuse"`
	// Reasons are the codes of everything that was refused, each once.
	Reasons []calldata.Code `json:"reasons"`
	// OpaqueLeaves counts the calls of which nobody can say what they do.
	OpaqueLeaves int `json:"opaqueLeaves"`
	// Tree is the transaction's outermost call; null when the request itself could
	// not be read.
	Tree *treejson.Node `json:"tree"`
	// Error says what is wrong with the request, for people.
	Error string `json:"error,omitempty"`
}

// The reasons of a request that could not be read. Wire format.
const (
	// InvalidRequest is a request that is not of the documented shape.
	InvalidRequest calldata.Code = "invalid_request"
	// InvalidABI is a signature that cannot be compiled, or two with one selector.
	InvalidABI calldata.Code = "invalid_abi"
)

// Of is the answer that a tree gives.
func Of(name string, tree *calltree.Tree) Answer {
	a := Answer{Name: name, Reasons: tree.Reasons(), OpaqueLeaves: tree.Opaque}
	a.Refuse = len(a.Reasons) > 0 || tree.Opaque > 0
	root := treejson.Of(&tree.Roots[0])
	a.Tree = &root
	return a
}

// refusedRequest is the answer to a request that says nothing that could be read.
func refusedRequest(name string, code calldata.Code, err error) Answer {
	return Answer{Name: name, Refuse: true, Reasons: []calldata.Code{code}, Error: err.Error()}
}
