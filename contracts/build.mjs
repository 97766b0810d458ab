// Compile the contracts with the pinned solc, or (--check) show that the committed artifacts are what it makes of the
// committed sources. The Python side reads the artifacts only; it needs neither Node nor a compiler.
//
//   node contracts/build.mjs            write contracts/artifacts/*.json
//   node contracts/build.mjs --check    exit 1 if a fresh compilation differs by one byte
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import solc from "solc";

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(HERE, "solidity");
const ARTIFACTS = join(HERE, "artifacts");
const CONTRACTS = [
  ["AnchorRegistry.sol", "AnchorRegistry", "AnchorRegistry.json"],
  ["WitnessQuorum.sol", "WitnessQuorum", "WitnessQuorum.json"],
  ["test/SM3Harness.sol", "SM3Harness", "test/SM3Harness.json"],
];
// paris: the newest EVM that every target has. Besu takes what its genesis names, but FISCO BCOS before 3.10 and older
// Besu networks have neither PUSH0 (Shanghai) nor MCOPY (Cancun), and a contract that cannot be replaced must run there.
// No metadata hash and no CBOR trailer: the code depends on the sources and settings, not on paths or comments.
const SETTINGS = {
  evmVersion: "paris",
  metadata: { appendCBOR: false, bytecodeHash: "none" },
  optimizer: { enabled: true, runs: 200 },
  viaIR: true,
};

function fail(message) {
  console.error(`contracts: ${message}`);
  process.exit(1);
}

function solidityFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => String(name).split(sep).join("/"))
    .filter((name) => name.endsWith(".sol"))
    .sort();
}

function compile(names) {
  const sources = Object.fromEntries(
    names.map((name) => [name, { content: readFileSync(join(SOURCES, name), "utf8") }]),
  );
  const outputSelection = { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode", "metadata"] } };
  const input = { language: "Solidity", settings: { ...SETTINGS, outputSelection }, sources };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  // Warnings fail too: a warning nobody reads is how the next one hides.
  if (output.errors?.length) fail(output.errors.map((error) => error.formattedMessage).join("\n"));
  return { sources, contracts: output.contracts };
}

/** Only the files this contract is made of, so that a test contract's edit does not touch the registry's artifact. */
function sourceHashes(metadata, sources) {
  const names = Object.keys(JSON.parse(metadata).sources).sort();
  return Object.fromEntries(
    names.map((name) => [name, createHash("sha256").update(sources[name].content).digest("hex")]),
  );
}

function artifact(file, name, { sources, contracts }) {
  const made = contracts[file][name];
  const deployed = made.evm.deployedBytecode;
  // Whoever compares eth_getCode with the artifact must be able to do it byte for byte.
  if (Object.keys(deployed.immutableReferences ?? {}).length) fail(`${name} has immutables`);
  if (deployed.object.length / 2 > 24576) fail(`${name} is larger than EIP-170 allows`);
  const content = {
    contractName: name,
    compiler: `solc ${solc.version()}`,
    settings: SETTINGS,
    sources: sourceHashes(made.metadata, sources),
    abi: made.abi,
    bytecode: `0x${made.evm.bytecode.object}`,
    deployedBytecode: `0x${deployed.object}`,
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

function run(check) {
  const built = compile(solidityFiles(SOURCES));
  for (const [file, name, target] of CONTRACTS) {
    const path = join(ARTIFACTS, target);
    const text = artifact(file, name, built);
    if (!check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    } else if (readFileSync(path, "utf8") !== text) {
      fail(`${relative(HERE, path)} is not what the sources compile to; run node contracts/build.mjs and commit`);
    }
    console.log(`${check ? "same" : "wrote"} ${relative(HERE, path)}`);
  }
}

const unknown = process.argv.slice(2).filter((argument) => argument !== "--check");
if (unknown.length) fail(`unknown argument ${unknown[0]}; usage: node contracts/build.mjs [--check]`);
run(process.argv.includes("--check"));
