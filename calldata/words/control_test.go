package words_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
)

func TestWordsOfControl(t *testing.T) {
	minter := [32]byte(crypto.Keccak256([]byte("MINTER_ROLE")))
	run(t, []golden{
		{"addOwnerWithThreshold", "", treasury, call(t, "addOwnerWithThreshold(address,uint256)", bob, n(2)), "add owner 0xb0b0…0002 to 0x1111…1111 (Treasury), threshold 2"},
		{"removeOwner", "", treasury, call(t, "removeOwner(address,address,uint256)", alice, bob, n(1)), "remove owner 0xb0b0…0002 from 0x1111…1111 (Treasury), threshold 1"},
		{"swapOwner", "", treasury, call(t, "swapOwner(address,address,address)", tusd, alice, bob), "replace owner 0xa11c…0001 of 0x1111…1111 (Treasury) by 0xb0b0…0002"},
		{"changeThreshold", "", treasury, call(t, "changeThreshold(uint256)", n(1)), "set the threshold of 0x1111…1111 (Treasury) to 1"},
		{"enableModule", "", treasury, call(t, "enableModule(address)", bob), "enable module 0xb0b0…0002, which may then act for 0x1111…1111 (Treasury)"},
		{"disableModule", "", treasury, call(t, "disableModule(address,address)", alice, bob), "disable module 0xb0b0…0002 of 0x1111…1111 (Treasury)"},
		{"setGuard", "", treasury, call(t, "setGuard(address)", bob), "set the guard of 0x1111…1111 (Treasury) to 0xb0b0…0002"},
		{"setGuard to nothing", "", treasury, call(t, "setGuard(address)", nobody), "remove the guard of 0x1111…1111 (Treasury)"},
		{"setModuleGuard", "", treasury, call(t, "setModuleGuard(address)", bob), "set the module guard of 0x1111…1111 (Treasury) to 0xb0b0…0002"},
		{"setFallbackHandler", "", treasury, call(t, "setFallbackHandler(address)", bob), "set the fallback handler of 0x1111…1111 (Treasury) to 0xb0b0…0002"},
		{"grantRole", "", tusd, call(t, "grantRole(bytes32,address)", minter, bob), "grant role MINTER_ROLE of 0x5aAe…eAed (TUSD token) to 0xb0b0…0002"},
		{"grantRole of all roles", "", tusd, call(t, "grantRole(bytes32,address)", [32]byte{}, bob), "grant role DEFAULT_ADMIN_ROLE of 0x5aAe…eAed (TUSD token) to 0xb0b0…0002"},
		{"revokeRole that has no name", "", tusd, call(t, "revokeRole(bytes32,address)", [32]byte{31: 5}, bob),
			"revoke role 0x0000000000000000000000000000000000000000000000000000000000000005 of 0x5aAe…eAed (TUSD token) from 0xb0b0…0002"},
		{"renounceRole", "", tusd, call(t, "renounceRole(bytes32,address)", minter, bob), "give up role MINTER_ROLE of 0x5aAe…eAed (TUSD token), held by 0xb0b0…0002"},
		{"beginDefaultAdminTransfer", "", tusd, call(t, "beginDefaultAdminTransfer(address)", bob), "begin to make 0xb0b0…0002 the default admin of 0x5aAe…eAed (TUSD token)"},
		{"acceptDefaultAdminTransfer", "", tusd, call(t, "acceptDefaultAdminTransfer()"), "become the default admin of 0x5aAe…eAed (TUSD token)"},
		{"cancelDefaultAdminTransfer", "", tusd, call(t, "cancelDefaultAdminTransfer()"), "stop the change of the default admin of 0x5aAe…eAed (TUSD token)"},
		{"transferOwnership", "", tusd, call(t, "transferOwnership(address)", bob), "transfer the ownership of 0x5aAe…eAed (TUSD token) to 0xb0b0…0002"},
		{"renounceOwnership", "", tusd, call(t, "renounceOwnership()"), "give up the ownership of 0x5aAe…eAed (TUSD token) for ever"},
		{"acceptOwnership", "", tusd, call(t, "acceptOwnership()"), "accept the ownership of 0x5aAe…eAed (TUSD token)"},
		{"changeAdmin", "", tusd, call(t, "changeAdmin(address)", bob), "make 0xb0b0…0002 the admin of 0x5aAe…eAed (TUSD token)"},
		{"changeProxyAdmin", "", raw, call(t, "changeProxyAdmin(address,address)", tusd, bob), "make 0xb0b0…0002 the admin of proxy 0x5aAe…eAed (TUSD token), through 0x27b1…1c26"},
		{"upgradeTo", "", tusd, call(t, "upgradeTo(address)", bob), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002"},
		{"upgradeToAndCall without a call", "", tusd, call(t, "upgradeToAndCall(address,bytes)", bob, []byte{}), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002"},
		{"upgradeToAndCall", "", tusd, call(t, "upgradeToAndCall(address,bytes)", bob, []byte{1, 2, 3, 4}), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002 and make 1 call by delegatecall"},
		{"changeMasterCopy", "", treasury, call(t, "changeMasterCopy(address)", bob), "upgrade 0x1111…1111 (Treasury) to the code of 0xb0b0…0002"},
		{"upgrade through an admin", "", raw, call(t, "upgrade(address,address)", tusd, bob), "upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002, through 0x27b1…1c26"},
		{"upgradeAndCall through an admin", "7", raw, call(t, "upgradeAndCall(address,address,bytes)", tusd, bob, []byte{1, 2, 3, 4}),
			"upgrade 0x5aAe…eAed (TUSD token) to the code of 0xb0b0…0002 and make 1 call by delegatecall, through 0x27b1…1c26, sending 0.000000000000000007 ETH along"},
		{"diamondCut", "", tusd, call(t, "diamondCut((address,uint8,bytes4[])[],address,bytes)", []facet{{bob, 0, [][4]byte{{1}, {2}}}, {alice, 1, [][4]byte{{3}}}, {nobody, 2, [][4]byte{{4}}}, {bob, 9, nil}}, nobody, []byte{}),
			"change the code of 0x5aAe…eAed (TUSD token): add 2 functions of 0xb0b0…0002, replace 1 function by those of 0xa11c…0001, remove 1 function, unknown action 9 for 0 functions of 0xb0b0…0002"},
		{"diamondCut with a call", "", tusd, call(t, "diamondCut((address,uint8,bytes4[])[],address,bytes)", []facet{}, bob, []byte{1, 2, 3, 4}),
			"change the code of 0x5aAe…eAed (TUSD token) and make 1 call by delegatecall: nothing"},
	})
}
