// Package sweep says what a sweep is to move: wallets with a tag give what they hold above their
// floor to a treasury wallet, and wallets without money for gas get it first.
//
// It is pure. An [Order] is what an operator wrote, a [Snapshot] what the wallets held at one
// block and what gas cost, and [Make] turns both into a [Plan], the same one for the same input.
// A plan names every move and says of everything that is left where it is why.
package sweep
