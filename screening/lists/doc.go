// Package lists screens addresses against lists of them, held in memory.
//
// A [Source] reads one list from a file or an https URL and answers from a map: no
// network call is made for a decision. [Source.Refresh] reads the list again and swaps
// it in as a whole, so that a reader sees the old list or the new one and never half of
// either.
//
// The danger in a list is what it does not say. So a list that could not be read in
// full clears nobody: bytes missing at the end, an entry that names an address which
// cannot be made out, no addresses at all, or far fewer than before are all errors, and
// the list from before stays. That one grows stale, and after [Config.MaxAge] everything
// that it does not hit is unknown.
//
// The formats are those of the US Treasury's OFAC, as observed in 2026, and plain ones;
// see [Format].
package lists
