package calltree_test

import "testing"

// Who makes the call inside a wrapper is not always the wrapper: a module has its
// account make it, a factory the proxy that it deployed.

// selfCall is a delegatecall of the vault, which calls itself: whoever's storage
// it runs on is whom it calls.
var (
	selfCall   = pack(multicall, list{pay("bob", 1)})
	nobodys    = "self zero unknown via=self-multicall !unknown_contract@0"
	ofTheVault = "delegatecall vault " + multicall
)

// ERC-7710: "the delegator … executes"; MetaMask's DelegationManager calls
// executeFromExecutor on each delegator. The delegatecall is the delegator's, whom
// only the permission context names.
func TestADelegatecallOfADelegationIsTheDelegators(t *testing.T) {
	r := row{"", "delegations", 0, pack(redeemDelegations, list{[]byte{1}}, list{modeDelegate}, list{joined("vault", selfCall)}), []string{
		"call delegations " + redeemDelegations + " {executor}", "  " + ofTheVault + " via=erc7710 {delegatecall}", "    " + nobodys}}
	sameLines(t, drawn(worldReader(t).Read(r.transaction())), r.want)
}

// Zodiac's Modifier: `IAvatar(target).execTransactionFromModule(to, value, data,
// operation)`. The delegatecall is the avatar's and not the modifier's.
func TestADelegatecallThroughRolesIsTheAvatars(t *testing.T) {
	r := row{"", "roles", 0, pack(role2, "vault", 0, selfCall, 1, word(7), true), []string{
		"call roles " + role2, "  " + ofTheVault + " via=zodiac-roles {delegatecall}", "    " + nobodys}}
	sameLines(t, drawn(worldReader(t).Read(r.transaction())), r.want)
}

// SafeProxyFactory: the new proxy is called with the initialiser and delegate-calls
// its singleton. The code runs on the proxy's storage and not on the factory's.
func TestAnInitialiserIsTheNewProxys(t *testing.T) {
	r := row{"", "factory", 0, pack(createProxyNonce, "vault", selfCall, 1), []string{
		"call factory " + createProxyNonce, "  " + ofTheVault + " via=safe {delegatecall}", "    " + nobodys}}
	sameLines(t, drawn(worldReader(t).Read(r.transaction())), r.want)
}

// ProxyAdmin.upgradeAndCall: `proxy.upgradeToAndCall{value: msg.value}(implementation,
// data)`. The code runs on the proxy's storage and not on the admin's.
func TestAnAdminsUpgradeCallIsTheProxys(t *testing.T) {
	r := row{"", "proxyadmin", 0, pack(upgradeAndCall, "proxy", "vault", selfCall), []string{
		"call proxyadmin " + upgradeAndCall + " {upgrade}", "  " + ofTheVault + " via=proxy {delegatecall}",
		"    self proxy unknown via=self-multicall !after_upgrade@0"}}
	sameLines(t, drawn(worldReader(t).Read(r.transaction())), r.want)
}

// AfterUpgrade: "a call of a contract whose code changes earlier in the tree". Where
// nobody knows whose code that is, it may be anybody's: here it is the Safe's.
func TestAnUpgradeOfNobodyKnowsWhomCountsForAll(t *testing.T) {
	r := multiRow("", "multisend", records(rec(0, "roles", 0, pack(role2, "proxy", 0, pack(upgradeTo, "implementation"), 1, word(7), true)),
		rec(0, "safe", 0, pack("changeThreshold(uint256)", 1))),
		"  call roles "+role2+" via=multisend", "    delegatecall proxy "+upgradeTo+" [implementation] via=zodiac-roles {delegatecall,upgrade}",
		"  call safe unknown via=multisend !after_upgrade@0")
	sameLines(t, drawn(worldReader(t).Read(r.transaction())), r.want)
}
