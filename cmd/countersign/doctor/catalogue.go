package doctor

import "context"

// An entry of the catalogue is a check before it was made.
type entry struct {
	id, why, remedy string
	look            func(context.Context, *patient) finding
}

// IDs returns the ID of every check, in the order of a report. They outlive releases: add
// to them, never rename one.
func IDs() (ids []string) {
	for _, c := range catalogue {
		ids = append(ids, c.id)
	}
	return ids
}

// catalogue is filled here and not at its declaration: its checks may name it.
var catalogue = []entry{
	{"policy.sign", "Without an active policy on Wallets:Sign nothing that a wallet signs waits for an approval.",
		"Create a policy on Wallets:Sign with the rule AlwaysTrigger and the action RequestApproval.", signPolicy},
	{"policy.coverage", "What a wallet signs waits for an approval only if a policy that covers the wallet triggers; with none it is signed at once.",
		"Have one policy on Wallets:Sign with the rule AlwaysTrigger, the action RequestApproval and no filters; make others only stricter.", coverage},
	{"policy.action", "A policy whose action asks nobody looks like a control and is none.",
		"Give it the action RequestApproval or Block, or archive it.", actions},
	{"policy.change", "Whoever may change or archive policies alone can switch every other control off.",
		"Create a policy on Policies:Modify with the rule AlwaysTrigger, the action RequestApproval and no filters.", policyChange},
	{"permission.change", "Whoever may change or assign permissions alone can give himself every right.",
		"Create policies on Permissions:Assign and on Permissions:Modify with the rule AlwaysTrigger, the action RequestApproval and no filters.", permissionChange},
	{"group.initiator", "Who asks must not be who approves: initiatorCanApprove lets one identity do both.",
		"Set initiatorCanApprove to false in the group.", initiator},
	{"group.quorum", "A group with a quorum of zero approves by itself.",
		"Set the group's quorum to 1 or more.", quorum},
	{"group.member", "The service account may vote only where it is listed by its user ID in a group that has serviceAccountsCanApprove; elsewhere its decisions are refused.",
		"List it in a group of the policy on Wallets:Sign with serviceAccountsCanApprove true; DFNS must have enabled that for the organisation.", member},
	{"group.people", "Where no people may vote, programs decide alone, and what they abstain on is never decided.",
		"Name people in one of the policy's groups, or let every human user approve there.", peopleVote},
	{"wallet.delegated", "A delegated wallet signs for its end user, outside of the policy engine: no approval ever holds it.",
		"Keep nothing of the organisation in delegated wallets.", delegated},
	{"account.self", "Whoever has our token and key has our rights: with more than reading and voting he could make what he then approves.",
		"Assign the service account a permission with reading and Policies:Approvals:Approve (in newer organisations Policies:Evaluations:Vote) and nothing else.", ownRights},
	{"account.duties", "A service account that may both make and approve is maker and checker in one.",
		"Split it into two service accounts with a permission each.", duties},
	{"webhook.pending", "Without a webhook for policy.approval.pending approvals are found by reconciliation only, later.",
		"Create or enable a webhook for policy.approval.pending that leads to `countersign ingress`.", pendingWebhook},
	{"token.expiry", "With an expired token the worker neither reads nor votes.",
		"Create a new token or service account, change the token file, restart the worker.", tokenExpiry},
	{"credential.active", "A vote must be signed by a credential that is active, ours and the one that is configured.",
		"Set COUNTERSIGN_DFNS_CREDENTIAL_ID and COUNTERSIGN_DFNS_KEY_FILE to an active credential of COUNTERSIGN_DFNS_USER_ID.", credential},
	{"credential.signs", "Token, credential and key must belong together, or every vote is refused.",
		"Compare the credential ID and the key with what the platform lists; make a new service account if they are lost.", signs},
	{"clock.skew", "Expiry, windows of budgets and the age of webhooks are judged by our clock.",
		"Let the machine's clock follow NTP.", clockSkew},
	{"nodes.answer", "A decision on pinned code or on a simulation is worth what the node says; one of another chain answers for other contracts.",
		"Correct url and chain_id in the nodes file, or repair the node; until then what needs it is left to people.", nodesAnswer},
	{"screening.lists", "A list that is stale or was never read clears nobody: every approval that it screens is left to people.",
		"Look at `countersign screening lists` and repair the source.", screeningLists},
	{"key.separate", "The key that signs records must not be the one that votes: who has one of them must not have both.",
		"Make another signing key: openssl genpkey -algorithm ed25519.", separateKeys},
	{"api.identity", "An API that signs as the service account holds the key that signs decisions, on a machine that answers strangers.",
		"Make a key, enrol it with `countersign keys enroll --key … --subject …`, and set COUNTERSIGN_API_SUBJECT and COUNTERSIGN_API_SIGNING_KEY (docs/keys.md).", apiIdentity},
	{"api.reader", "What the API tells should be read by a login that cannot write, so that a fault in it changes nothing.",
		"Make a login in the role countersign_reader (docs/postgres-roles.sql), and set COUNTERSIGN_API_DATABASE to it.", apiReader},
	{"trail.halts", "The table of halts is signed by nobody: a row taken from it is a halt that somebody wanted away, a row without a record one that nobody has answered for.",
		"Run `countersign audit verify`, find out who writes in the database, and halt or resume the scope again.", haltsTable},
	{"people.self", "Who controls our service account must not have it approve what he asks for; only the file of identities can say who that is.",
		"Name our user ID in a group of COUNTERSIGN_PEOPLE_FILE, with the identities of those who control it.", peopleFile},
}
