// Package rawtx reads a transaction that is to be signed, from its serialised
// form, or refuses and says why.
//
// A custodian may be asked to sign a transaction that comes as bytes, or as a
// JSON object that a library will turn into bytes. What is decided on must be
// what is signed, so this reader accepts a transaction only where it can be read
// in exactly one way: canonical RLP with every field of its type and no more
// ([Parse]), or JSON whose members fit one type of transaction ([ParseJSON]).
//
// A [Transaction] holds what a checker must see: where the money and the call
// go, what may be spent on gas, which code an account is delegated to, and the
// chain that all of it is bound to. Call data is read by package calldata.
//
// A refusal is a [calldata.Refusal]: a stable code, the byte and the member.
package rawtx
