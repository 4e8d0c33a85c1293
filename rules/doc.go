// Package rules is programmable approvals in plain Go: no language of its own,
// no configuration that turns into one.
//
// A [Book] says what may be decided by machine: which contracts, with which
// pinned ABI, which functions, and which plain transfers. Each has a [Rule], a
// function that reads a [Request] and returns a decision:
//
//	func mint(ctx context.Context, r *rules.Request) rules.Decision {
//		to, amount := r.Call.Address("to"), r.Call.Amount("amount")
//		r.Count(dailyMint, amount)
//
//		if sanctioned.Has(to)            { return rules.Reject(rules.DenyListed, "recipient is on the deny-list") }
//		if !recipients.Has(to)           { return rules.Abstain(rules.UnlistedRecipient, "recipient is not ours") }
//		if amount.Cmp(maxPerMint) > 0    { return rules.Abstain(rules.OverCap, "over the cap per mint") }
//		return rules.Approve("mint within policy")
//	}
//
// [Engine] decides, with the services that a rule may ask: see package services. The
// allowlist comes before the decoder: bytes for a contract that the book does not name
// are not even read. Whatever goes wrong on the way (an unknown function, malformed call
// data, a rule that panics, takes too long or says nothing, a service that does not
// answer) ends in an abstention with a reason code, and people decide. No mistake in a
// rule can approve.
package rules
