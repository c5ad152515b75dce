// Compiles Anchor.sol with the solc of NODE_PATH and prints what `anchor.json` should be.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const solc = require(`${process.env.NODE_PATH}/solc`);
const source = readFileSync(new URL("Anchor.sol", import.meta.url), "utf8");
const settings = {
  // Without newer instructions, so that every chain of Ethereum's kind runs it.
  evmVersion: "paris",
  optimizer: { enabled: true, runs: 1000000 },
  viaIR: true,
  // The bytecode is that of the source alone, whatever its path and comments.
  metadata: { appendCBOR: false, bytecodeHash: "none" },
};
const wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"];
const input = {
  language: "Solidity",
  sources: { "Anchor.sol": { content: source } },
  settings: { ...settings, outputSelection: { "*": { "*": wanted } } },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
if (output.errors) throw new Error(output.errors.map((one) => one.formattedMessage).join("\n"));
const { abi, evm } = output.contracts["Anchor.sol"].Anchor;
const built = {
  compiler: solc.version(),
  settings,
  abi,
  bytecode: `0x${evm.bytecode.object}`,
  runtime: `0x${evm.deployedBytecode.object}`,
};
process.stdout.write(`${JSON.stringify(built, null, 2)}\n`);
