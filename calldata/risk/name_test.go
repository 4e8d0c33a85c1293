package risk_test

import (
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/risk"
)

// byName are the words of functions and what they stand for, whatever their
// arguments.
var byName = map[string]string{
	"upgrade": `upgradeTo upgradeToAndCall upgrade upgradeAndCall setImplementation _setImplementation changeImplementation
		changeMasterCopy diamondCut upgradeBeaconTo setBeacon`,
	"ownership": `transferOwnership renounceOwnership acceptOwnership claimOwnership setOwner changeOwner setAdmin changeAdmin
		changeProxyAdmin setPendingAdmin acceptAdmin transferAdmin setGovernor setAuthority beginDefaultAdminTransfer
		acceptDefaultAdminTransfer swapOwner addOwner replaceOwner`,
	"ownership,threshold":       "addOwnerWithThreshold removeOwner",
	"ownership,threshold,guard": "setup",
	"role": `grantRole revokeRole renounceRole setupRole setRoleAdmin grantRoles revokeRoles assignRoles setDefaultRole setUserRole
		addMinter removeMinter setMinter configureMinter updateMasterMinter addPauser removePauser updatePauser updateBlacklister
		updateRescuer addOperator`,
	"allowance,unlimited_allowance,role": "setOperator",
	"threshold":                          "changeThreshold setThreshold changeRequirement updateDelay setDelay setQuorum updateQuorumNumerator",
	"guard":                              "setGuard setModuleGuard setFallbackHandler setTransactionGuard",
	"module":                             "enableModule disableModule installModule uninstallModule addModule removeModule setModule",
	"self_destruct":                      "kill destroy destruct selfDestruct suicide terminate destroyContract shutdown",
	"recipient": `transfer transferFrom safeTransfer safeTransferFrom safeBatchTransferFrom batchTransfer transferWithAuthorization
		receiveWithAuthorization send operatorSend mint safeMint mintTo mintBatch issue deposit depositFor withdraw withdrawTo redeem
		sweep sweepToken rescue rescueERC20 claim`,
	"recipient,opaque_data": "transferAndCall transferFromAndCall swap",
	"allowance,unlimited_allowance": `approve increaseAllowance increaseApproval setApprovalForAll permit permitAll authorizeOperator
		approveAndCall setAllowance forceApprove safeApprove permitTransferFrom permitWitnessTransferFrom`,
	"": `balanceOf pause unpause multicall execute burn name transfers approved mintable setName upgradeable grant _transfer
		transferOwnershipTo xkill`,
}

// whatever is what a function is sorted into before its arguments are looked at.
func whatever(signature string) string {
	classify := risk.Classify(calldata.MustABI(signature).Functions()[0])
	if classify == nil {
		return ""
	}
	return classify(nil).String()
}

func TestClassesByName(t *testing.T) {
	for want, words := range byName {
		for _, name := range strings.Fields(words) {
			for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
				for _, arguments := range []string{"()", "(bytes)", "(uint8,uint8,uint8,uint8,string)", "((address,uint256)[])"} {
					if got := whatever(spelling + arguments); got != want {
						t.Errorf("%s%s: %q, want %q", spelling, arguments, got, want)
					}
				}
			}
		}
	}
}

// A signature that differs from a known one in a letter or an argument is judged by
// its name alone: the right counts as unlimited.
func TestOtherSpellingsOfAllowancesAreUnlimited(t *testing.T) {
	for _, signature := range []string{
		"Approve(address,uint256)", "approve(address,uint128)", "approve(uint256,address)", "approve(address,uint256,bytes)",
		"increaseAllowance(address)", "permit(address,address,uint256,uint256,uint8,bytes32)", "setApprovalForAll(address,uint8)",
		"permitTransferFrom(address,uint256)", "PERMIT(address,address,uint256,uint256,uint8,bytes32,bytes32)",
	} {
		if got, want := whatever(signature), "allowance,unlimited_allowance"; got != want {
			t.Errorf("%s: %q, want %q", signature, got, want)
		}
	}
}
