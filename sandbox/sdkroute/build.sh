#!/bin/sh
# Rebuilds routes.txt: every method and path that @dfns/sdk 0.8.3 or 0.8.21 calls, read
# from the generated clients of both packages.
#
# Needs Node and the npm registry. The output is committed, so neither is needed to build
# or to test the sandbox.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 0.8.3 0.8.21; do
	mkdir "$version"
	(cd "$version" && npm pack --silent "@dfns/sdk@$version" >/dev/null && tar xzf ./*.tgz)
done
cat >extract.js <<'JS'
const fs = require("fs");
const versions = ["0.8.3", "0.8.21"], routes = new Map();
for (const version of versions) {
  const root = version + "/package/generated/";
  for (const area of fs.readdirSync(root)) {
    const text = fs.readFileSync(root + area + "/client.js", "utf8");
    for (const method of text.split(/\n    async /).slice(1)) {
      const path = method.match(/buildPathAndQuery\)\('([^']+)'/), verb = method.match(/method: '(\w+)'/);
      if (!path && !verb) continue; // an alias that calls another method of the client
      if (!path || !verb) throw new Error(version + " " + area + ": cannot read " + method.slice(0, 60));
      const route = verb[1] + " " + path[1];
      routes.set(route, (routes.get(route) || []).concat(routes.get(route)?.includes(version) ? [] : version));
    }
  }
}
const lines = [...routes].map(([route, by]) => route + " " + by.join(" "));
const key = (line) => line.split(" ")[1] + " " + line;
lines.sort((a, b) => (key(a) < key(b) ? -1 : 1));
fs.writeFileSync(process.argv[2], lines.join("\n") + "\n");
JS
node extract.js "$here/routes.txt"
