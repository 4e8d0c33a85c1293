package activity

// chainIDs are the EIP-155 numbers of DFNS's EVM networks (dfns.md §5.4; numbers as
// in github.com/ethereum-lists/chains). A network that is not here is still served:
// only transactions and messages that carry a chain ID of their own are left to
// people on it.
var chainIDs = map[string]uint64{
	"ArbitrumOne": 42161, "ArbitrumSepolia": 421614,
	"AvalancheC": 43114, "AvalancheCFuji": 43113,
	"Base": 8453, "BaseSepolia": 84532,
	"Berachain": 80094, "BerachainBepolia": 80069,
	"Bob": 60808,
	"Bsc": 56, "BscTestnet": 97,
	"Celo": 42220, "CeloSepolia": 11142220,
	"Ethereum": 1, "EthereumSepolia": 11155111, "EthereumHoodi": 560048,
	"EthereumClassic": 61, "EthereumClassicMordor": 63,
	"FlareC": 14, "FlareCCoston2": 114,
	"FlowEvm": 747, "FlowEvmTestnet": 545,
	"Ink": 57073, "InkSepolia": 763373,
	"Optimism": 10, "OptimismSepolia": 11155420,
	"Plasma":  9745,
	"Plume":   98866,
	"Polygon": 137, "PolygonAmoy": 80002,
	"SeiPacific1": 1329, "SeiAtlantic2": 1328,
	"Sonic":  146,
	"XLayer": 196,
	"Xdc":    50, "XdcApothem": 51,
}
