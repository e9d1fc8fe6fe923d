#!/usr/bin/env node
// What py-solc-x takes for a native solc: `--version`, and `--standard-json --base-path <folder of imports>` from
// stdin to stdout. The name it is called by, without .mjs, is the npm package of the compiler: see the links to it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const [, script, ...args] = process.argv;
const solc = createRequire(import.meta.url)(basename(script, ".mjs"));

function importFrom(folder) {
  return (path) => {
    try {
      return { contents: readFileSync(join(folder, path), "utf8") };
    } catch (error) {
      return { error: error.message };
    }
  };
}

if (args.includes("--version")) {
  console.log(`Version: ${solc.version()}`);
} else {
  const folder = args[args.indexOf("--base-path") + 1];
  process.stdout.write(solc.compile(readFileSync(0, "utf8"), { import: importFrom(folder) }));
}
