package calltree_test

// The signatures of the tests, from shared reference wrappers.json and chain.md §2
// and, for those that are not there, from the contracts' own interfaces.
const (
	transfer = "transfer(address,uint256)"
	approve  = "approve(address,uint256)"

	permit2612    = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
	permitDAI     = "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)"
	permit2Single = "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)"
	permit2Batch  = "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)"
	permit2Spend  = "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)"

	oneInch4 = "swap(address,(address,address,address,address,uint256,uint256,uint256,bytes),bytes)"
	oneInch5 = "swap(address,(address,address,address,address,uint256,uint256,uint256),bytes,bytes)"
	oneInch6 = "swap(address,(address,address,address,address,uint256,uint256,uint256),bytes)"

	aggregate            = "aggregate((address,bytes)[])"
	blockAndAggregate    = "blockAndAggregate((address,bytes)[])"
	tryAggregate         = "tryAggregate(bool,(address,bytes)[])"
	tryBlockAndAggregate = "tryBlockAndAggregate(bool,(address,bytes)[])"
	aggregate3           = "aggregate3((address,bool,bytes)[])"
	aggregate3Value      = "aggregate3Value((address,bool,uint256,bytes)[])"
	multicallTargets     = "multicall(address[],bytes[])"
	multicall            = "multicall(bytes[])"
	multicallDeadline    = "multicall(uint256,bytes[])"
	multicallBlock       = "multicall(bytes32,bytes[])"

	execTransaction  = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
	fromModule       = "execTransactionFromModule(address,uint256,bytes,uint8)"
	fromModuleReturn = "execTransactionFromModuleReturnData(address,uint256,bytes,uint8)"
	safeUserOp       = "executeUserOp(address,uint256,bytes,uint8)"
	safeUserOpError  = "executeUserOpWithErrorString(address,uint256,bytes,uint8)"
	safeSetup        = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
	createProxy      = "createProxy(address,bytes)"
	createProxyNonce = "createProxyWithNonce(address,bytes,uint256)"
	createProxyChain = "createChainSpecificProxyWithNonce(address,bytes,uint256)"
	performCreate    = "performCreate(uint256,bytes)"
	performCreate2   = "performCreate2(uint256,bytes,bytes32)"
	changeMasterCopy = "changeMasterCopy(address)"
	multiSend        = "multiSend(bytes)"

	role1       = "execTransactionWithRole(address,uint256,bytes,uint8,uint16,bool)"
	role2       = "execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)"
	role1Return = "execTransactionWithRoleReturnData(address,uint256,bytes,uint8,uint16,bool)"
	role2Return = "execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)"

	handleOps06        = "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)"
	handleOps07        = "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)"
	handleAggregated06 = "handleAggregatedOps(((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address,bytes)[],address)"
	handleAggregated07 = "handleAggregatedOps(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address,bytes)[],address)"
	accountUserOp      = "executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)"

	execute             = "execute(address,uint256,bytes)"
	executeOperation    = "execute(address,uint256,bytes,uint8)"
	executeBatchPlain   = "executeBatch(address[],bytes[])"
	executeBatchValues  = "executeBatch(address[],uint256[],bytes[])"
	executeBatchTuples  = "executeBatch((address,uint256,bytes)[])"
	execute7579         = "execute(bytes32,bytes)"
	executeFromExecutor = "executeFromExecutor(bytes32,bytes)"
	redeemDelegations   = "redeemDelegations(bytes[],bytes32[],bytes[])"

	schedule        = "schedule(address,uint256,bytes,bytes32,bytes32,uint256)"
	scheduleBatch   = "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"
	timelockExecute = "execute(address,uint256,bytes,bytes32,bytes32)"
	timelockBatch   = "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)"

	propose            = "propose(address[],uint256[],bytes[],string)"
	governorQueue      = "queue(address[],uint256[],bytes[],bytes32)"
	governorExecute    = "execute(address[],uint256[],bytes[],bytes32)"
	proposeBravo       = "propose(address[],uint256[],string[],bytes[],string)"
	relay              = "relay(address,uint256,bytes)"
	queueTransaction   = "queueTransaction(address,uint256,string,bytes,uint256)"
	executeTransaction = "executeTransaction(address,uint256,string,bytes,uint256)"
	submitTransaction  = "submitTransaction(address,uint256,bytes)"
	sendTxToL1         = "sendTxToL1(address,bytes)"

	upgradeTo        = "upgradeTo(address)"
	upgradeToAndCall = "upgradeToAndCall(address,bytes)"
	upgrade          = "upgrade(address,address)"
	upgradeAndCall   = "upgradeAndCall(address,address,bytes)"
	diamondCut       = "diamondCut((address,uint8,bytes4[])[],address,bytes)"

	forward      = "execute((address,address,uint256,uint256,uint48,bytes,bytes))"
	forwardBatch = "executeBatch((address,address,uint256,uint256,uint48,bytes,bytes)[],address)"

	routerDeadline = "execute(bytes,bytes[],uint256)"
	routerPlain    = "execute(bytes,bytes[])"
)
