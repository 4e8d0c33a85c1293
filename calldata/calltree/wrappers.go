package calltree

// wrappers are the signatures that are known to make calls, with how. Sources:
// shared reference chain.md §2 and the contracts' own repositories, named where
// the layout is not the obvious one.
var wrappers map[string]*wrapper

// The table names functions that read it (a wrapper's child may be a wrapper), so
// it is filled in here.
func init() {
	wrappers = map[string]*wrapper{}
	for via, table := range map[string]map[string]func(*unwrapping){
		"multicall": {
			"aggregate((address,bytes)[])":                    list(0, 0, -1, 1),
			"blockAndAggregate((address,bytes)[])":            list(0, 0, -1, 1),
			"tryAggregate(bool,(address,bytes)[])":            list(1, 0, -1, 1),
			"tryBlockAndAggregate(bool,(address,bytes)[])":    list(1, 0, -1, 1),
			"aggregate3((address,bool,bytes)[])":              list(0, 0, -1, 2),
			"aggregate3Value((address,bool,uint256,bytes)[])": list(0, 0, 2, 3),
			"multicall(address[],bytes[])":                    parallel(0, -1, 1),
		},
		"self-multicall": {
			"multicall(bytes[])":         selfCalls(0),
			"multicall(uint256,bytes[])": selfCalls(1),
			"multicall(bytes32,bytes[])": selfCalls(1),
		},
		"safe": {
			"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)": safeTransaction,
			"execTransactionFromModule(address,uint256,bytes,uint8)":                                     withOperation,
			"execTransactionFromModuleReturnData(address,uint256,bytes,uint8)":                           withOperation,
			"executeUserOp(address,uint256,bytes,uint8)":                                                 withOperation,
			"executeUserOpWithErrorString(address,uint256,bytes,uint8)":                                  withOperation,
			"setup(address[],uint256,address,bytes,address,address,uint256,address)":                     safeSetup,
			"createProxy(address,bytes)":                                                                 safeProxy,
			"createProxyWithNonce(address,bytes,uint256)":                                                safeProxy,
			"createChainSpecificProxyWithNonce(address,bytes,uint256)":                                   safeProxy,
			"performCreate(uint256,bytes)":                                                               safeCreate,
			"performCreate2(uint256,bytes,bytes32)":                                                      safeCreate,
		},
		"multisend": {"multiSend(bytes)": multiSend},
		"zodiac-roles": {
			"execTransactionWithRole(address,uint256,bytes,uint8,uint16,bool)":            forAnother,
			"execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)":           forAnother,
			"execTransactionWithRoleReturnData(address,uint256,bytes,uint8,uint16,bool)":  forAnother,
			"execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)": forAnother,
		},
		"erc4337": {
			"handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)":                             userOps(entryPoint06),
			"handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)":                                             userOps(entryPoint07),
			"handleAggregatedOps(((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address,bytes)[],address)": aggregatedOps(entryPoint06),
			"handleAggregatedOps(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address,bytes)[],address)":                 aggregatedOps(entryPoint07),
			"executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)":                                           accountUserOp,
		},
		"account": {
			"execute(address,uint256,bytes)":            single(0, 1, 2),
			"execute(address,uint256,bytes,uint8)":      withOperation,
			"executeBatch(address[],bytes[])":           parallel(0, -1, 1),
			"executeBatch(address[],uint256[],bytes[])": accountBatch,
			"executeBatch((address,uint256,bytes)[])":   list(0, 0, 1, 2),
		},
		"erc7579": {
			"execute(bytes32,bytes)":             execution7579,
			"executeFromExecutor(bytes32,bytes)": execution7579,
		},
		"erc7710": {"redeemDelegations(bytes[],bytes32[],bytes[])": redeemDelegations},
		"timelock": {
			"schedule(address,uint256,bytes,bytes32,bytes32,uint256)":            later(single(0, 1, 2)),
			"scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)": later(parallel(0, 1, 2)),
			"execute(address,uint256,bytes,bytes32,bytes32)":                     single(0, 1, 2),
			"executeBatch(address[],uint256[],bytes[],bytes32,bytes32)":          parallel(0, 1, 2),
		},
		"governor": {
			"propose(address[],uint256[],bytes[],string)":          later(parallel(0, 1, 2)),
			"queue(address[],uint256[],bytes[],bytes32)":           later(parallel(0, 1, 2)),
			"execute(address[],uint256[],bytes[],bytes32)":         parallel(0, 1, 2),
			"propose(address[],uint256[],string[],bytes[],string)": later(signedCalls),
			"relay(address,uint256,bytes)":                         single(0, 1, 2),
		},
		"compound-timelock": {
			"queueTransaction(address,uint256,string,bytes,uint256)":   later(signedCall),
			"executeTransaction(address,uint256,string,bytes,uint256)": signedCall,
		},
		"multisig": {"submitTransaction(address,uint256,bytes)": later(single(0, 1, 2))},
		"arbsys":   {"sendTxToL1(address,bytes)": sendToL1},
		"proxy": {
			"upgradeTo(address)":                    upgrade(-1, 0, -1),
			"upgradeToAndCall(address,bytes)":       upgrade(-1, 0, 1),
			"upgrade(address,address)":              upgrade(0, 1, -1),
			"upgradeAndCall(address,address,bytes)": upgrade(0, 1, 2),
			"changeMasterCopy(address)":             upgrade(-1, 0, -1),
		},
		"diamond": {"diamondCut((address,uint8,bytes4[])[],address,bytes)": diamondCut},
		"erc2771": {
			"execute((address,address,uint256,uint256,uint48,bytes,bytes))":                forwarded,
			"executeBatch((address,address,uint256,uint256,uint48,bytes,bytes)[],address)": list(0, 1, 2, 5),
		},
		"universal-router": {
			"execute(bytes,bytes[],uint256)": universalRouter,
			"execute(bytes,bytes[])":         universalRouter,
		},
	} {
		for signature, unwrap := range table {
			wrappers[signature] = &wrapper{via: via, unwrap: unwrap}
		}
	}
}
