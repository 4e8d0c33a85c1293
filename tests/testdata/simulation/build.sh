#!/bin/sh
# Rebuilds Effects.json, creation code by contract, from Effects.sol.
#
# Needs Node and the npm registry. The compiler and its settings are pinned, so the same
# source gives the same bytes; the tests need neither Node nor this script, because its
# output is committed.
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
  sources: { "Effects.sol": { content: fs.readFileSync(dir + "Effects.sol", "utf8") } },
  settings: {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false },
    outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
  },
})));
const errors = (out.errors || []).filter((e) => e.severity === "error");
for (const e of errors) console.error(e.formattedMessage);
if (errors.length) process.exit(1);
const code = {};
for (const [name, c] of Object.entries(out.contracts["Effects.sol"])) code[name] = c.evm.bytecode.object;
fs.writeFileSync(dir + "Effects.json", JSON.stringify(code, null, 2) + "\n");
JS
NODE_PATH="$work/node_modules" node compile.js "$here"
