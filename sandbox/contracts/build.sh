#!/bin/sh
# Rebuilds TestUSD.abi.json and TestUSD.bin from TestUSD.sol.
#
# Needs Node and the npm registry. The compiler and its settings are pinned, so
# the same source gives the same bytes; the tests need neither Node nor this
# script, because its output is committed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1
npm install --no-audit --no-fund --silent solc@0.8.37 >/dev/null
cat >compile.js <<'JS'
const fs = require("fs"), solc = require("solc"), dir = process.argv[2] + "/";
const out = JSON.parse(solc.compile(JSON.stringify({
  language: "Solidity",
  sources: { "TestUSD.sol": { content: fs.readFileSync(dir + "TestUSD.sol", "utf8") } },
  settings: {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
})));
for (const e of out.errors || []) console.error(e.formattedMessage);
if ((out.errors || []).length) process.exit(1);
const c = out.contracts["TestUSD.sol"].TestUSD;
fs.writeFileSync(dir + "TestUSD.abi.json", JSON.stringify(c.abi, null, 2) + "\n");
fs.writeFileSync(dir + "TestUSD.bin", c.evm.bytecode.object + "\n");
JS
NODE_PATH="$work/node_modules" node compile.js "$here"
