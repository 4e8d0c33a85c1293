package words

import (
	"encoding/hex"

	"countersign/calldata"

	"golang.org/x/crypto/sha3"
)

// control are the functions that change who decides about a contract: Safe's owners,
// modules, guards and handlers, OpenZeppelin's roles and owners, administrators of
// proxies. A change of code is among the wrappers.
var control = map[string]func(*speech) string{
	"addOwnerWithThreshold(address,uint256)": func(s *speech) string {
		return "add owner " + s.account(0) + " to " + s.self() + ", threshold " + s.arg(1).String()
	},
	"removeOwner(address,address,uint256)": func(s *speech) string {
		return "remove owner " + s.account(1) + " from " + s.self() + ", threshold " + s.arg(2).String()
	},
	"swapOwner(address,address,address)": func(s *speech) string {
		return "replace owner " + s.account(1) + " of " + s.self() + " by " + s.account(2)
	},
	"changeThreshold(uint256)": func(s *speech) string { return "set the threshold of " + s.self() + " to " + s.arg(0).String() },
	"enableModule(address)": func(s *speech) string {
		return "enable module " + s.account(0) + ", which may then act for " + s.self()
	},
	"disableModule(address,address)": func(s *speech) string { return "disable module " + s.account(1) + " of " + s.self() },
	"setGuard(address)":              set("guard"),
	"setModuleGuard(address)":        set("module guard"),
	"setFallbackHandler(address)":    set("fallback handler"),

	"grantRole(bytes32,address)": func(s *speech) string {
		return "grant role " + role(s.arg(0)) + " of " + s.self() + " to " + s.account(1)
	},
	"revokeRole(bytes32,address)": func(s *speech) string {
		return "revoke role " + role(s.arg(0)) + " of " + s.self() + " from " + s.account(1)
	},
	"renounceRole(bytes32,address)": func(s *speech) string {
		return "give up role " + role(s.arg(0)) + " of " + s.self() + ", held by " + s.account(1)
	},
	"beginDefaultAdminTransfer(address)": func(s *speech) string { return "begin to make " + s.account(0) + " the default admin of " + s.self() },
	"acceptDefaultAdminTransfer()":       func(s *speech) string { return "become the default admin of " + s.self() },
	"cancelDefaultAdminTransfer()":       func(s *speech) string { return "stop the change of the default admin of " + s.self() },

	"transferOwnership(address)": func(s *speech) string { return "transfer the ownership of " + s.self() + " to " + s.account(0) },
	"renounceOwnership()":        func(s *speech) string { return "give up the ownership of " + s.self() + " for ever" },
	"acceptOwnership()":          func(s *speech) string { return "accept the ownership of " + s.self() },
	"changeAdmin(address)":       func(s *speech) string { return "make " + s.account(0) + " the admin of " + s.self() },
	"changeProxyAdmin(address,address)": func(s *speech) string {
		return "make " + s.account(1) + " the admin of proxy " + s.account(0) + ", through " + s.self()
	},
}

// set tells a function that puts something in the place of what was there; address
// zero puts nothing.
func set(what string) func(*speech) string {
	return func(s *speech) string {
		if isZero(s.arg(0)) {
			return "remove the " + what + " of " + s.self()
		}
		return "set the " + what + " of " + s.self() + " to " + s.account(0)
	}
}

// roles are names whose hash is the role, as OpenZeppelin's contracts have it.
var roles = func() map[string]string {
	names := map[string]string{"0x" + hex.EncodeToString(make([]byte, 32)): "DEFAULT_ADMIN_ROLE"}
	for _, name := range []string{"MINTER_ROLE", "BURNER_ROLE", "PAUSER_ROLE", "UPGRADER_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"} {
		h := sha3.NewLegacyKeccak256()
		h.Write([]byte(name))
		names["0x"+hex.EncodeToString(h.Sum(nil))] = name
	}
	return names
}()

// role is the name that hashes to a role, or the role in full.
func role(v calldata.Value) string {
	if name := roles[v.String()]; name != "" {
		return name
	}
	return v.String()
}
