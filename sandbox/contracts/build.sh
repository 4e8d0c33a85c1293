#!/bin/sh
# Rebuilds NAME.abi.json and NAME.bin from every NAME.sol, which holds the contract NAME.
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
const names = fs.readdirSync(dir).filter((f) => f.endsWith(".sol")).map((f) => f.slice(0, -4));
const sources = {};
for (const name of names) sources[name + ".sol"] = { content: fs.readFileSync(dir + name + ".sol", "utf8") };
const out = JSON.parse(solc.compile(JSON.stringify({
  language: "Solidity",
  sources,
  settings: {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
})));
for (const e of out.errors || []) console.error(e.formattedMessage);
if ((out.errors || []).length) process.exit(1);
for (const name of names) {
  const c = out.contracts[name + ".sol"][name];
  fs.writeFileSync(dir + name + ".abi.json", JSON.stringify(c.abi, null, 2) + "\n");
  fs.writeFileSync(dir + name + ".bin", c.evm.bytecode.object + "\n");
}
JS
NODE_PATH="$work/node_modules" node compile.js "$here"
