// OpenAttestation and Blockcerts: fixtures by their own issuing side, verified by their own libraries, no network.
// Spoken to by bench/peers/peer.py: one line in (a name and CPU seconds), one line out (verifications a second).
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import * as oa from "@govtechsg/open-attestation";
import * as oaVerify from "@govtechsg/oa-verify";
import { Wallet } from "ethers";
import { Encoder } from "@blockcerts/lds-merkle-proof-2019";
import { LDMerkleProof2019 } from "jsonld-signatures-merkleproof2019";
import { sha256 } from "@noble/hashes/sha2.js";

const here = new URL("./node_modules/jsonld-signatures-merkleproof2019/lib/esm/", pathToFileURL(process.argv[1]));
const { default: computeLocalHash } = await import(new URL("inspectors/computeLocalHash.js", here));

const FIELDS = JSON.parse(readFileSync(process.argv[2], "utf8"));
const BATCH = 16;
const batch = (make) => Array.from({ length: BATCH }, (_, number) => make(number));

// -- OpenAttestation 2.0, signed by a did:ethr key: digest of salted fields, Merkle path of the batch, signature

async function openAttestation() {
  const wallet = Wallet.createRandom();
  const controller = `did:ethr:${wallet.address}`;
  const key = { public: `${controller}#controller`, private: wallet.privateKey };
  const issuer = {
    id: controller, name: "Sample Registry (fictitious)", revocation: { type: "NONE" },
    identityProof: { type: "DID", key: key.public },
  };
  const raw = batch((number) => ({ $template: { name: "x", type: "EMBEDDED_RENDERER", url: "https://registry.example" },
    issuers: [issuer], recipient: { ...FIELDS, serial: number } }));
  const wrapped = oa.wrapDocuments(raw);
  const algorithm = oa.SUPPORTED_SIGNING_ALGORITHM.Secp256k1VerificationKey2018;
  const signed = await Promise.all(wrapped.map((document) => oa.signDocument(document, algorithm, key)));
  const method = { id: key.public, type: "EcdsaSecp256k1RecoveryMethod2020", controller, blockchainAccountId: `eip155:1:${wallet.address}` };
  const resolution = { didResolutionMetadata: {}, didDocumentMetadata: {}, didDocument: {
    id: controller, verificationMethod: [method], authentication: [key.public], assertionMethod: [key.public] } };
  const verifiers = [oaVerify.openAttestationHash, oaVerify.openAttestationDidSignedDocumentStatus];
  const verify = oaVerify.verificationBuilder(verifiers, { resolver: { resolve: async () => resolution } });
  const check = async (document) => {
    const fragments = await verify(document);
    return fragments.every((fragment) => fragment.status === "VALID");
  };
  return { documents: signed, check, spoil: (document) => {
    const copy = structuredClone(document);
    copy.data.recipient.zihao += "x";
    return copy;
  } };
}

// -- Blockcerts 3, MerkleProof2019: canonical N-Quads, SHA-256, Merkle path to the root that an anchor would hold

const TERMS = Object.fromEntries([...Object.keys(FIELDS), "serial"].map((name) => [name, `https://registry.example/#${name}`]));

async function blockcerts() {
  const raw = batch((number) => ({
    "@context": ["https://www.w3.org/2018/credentials/v1", "https://w3id.org/blockcerts/v3", TERMS],
    id: `urn:uuid:00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    type: ["VerifiableCredential", "BlockcertsCredential"], issuer: "https://registry.example/profile.json",
    issuanceDate: "2026-01-01T00:00:00Z", credentialSubject: { id: "did:example:holder", ...FIELDS, serial: number },
  }));
  const hashes = [];
  for (const document of raw) hashes.push(await computeLocalHash(document));
  const levels = [hashes];
  const node = (left, right) => Buffer.from(sha256(Buffer.from(left + right, "hex"))).toString("hex");
  while (levels.at(-1).length > 1) {
    const row = levels.at(-1);
    levels.push(row.filter((_, at) => at % 2 === 0).map((left, at) => node(left, row[2 * at + 1])));
  }
  const documents = raw.map((document, at) => ({ ...document, proof: {
    type: "MerkleProof2019", created: "2026-01-01T00:00:00Z", proofPurpose: "assertionMethod",
    verificationMethod: "https://registry.example/profile.json#key",
    proofValue: new Encoder({
      path: levels.slice(0, -1).map((row, level) => {
        const place = at >> level;
        return place % 2 ? { left: row[place - 1] } : { right: row[place + 1] };
      }),
      merkleRoot: levels.at(-1)[0], targetHash: hashes[at], anchors: ["blink:mocknet:mocknet:mocknet"],
    }).encode() } }));
  const check = async (document) => {
    const result = await new LDMerkleProof2019({ document }).verifyProof({ verifyIdentity: false });
    return result.verified;
  };
  return { documents, check, spoil: (document) => {
    const copy = structuredClone(document);
    copy.credentialSubject.zihao += "x";
    return copy;
  } };
}

async function window(peer, seconds) {
  const start = process.cpuUsage();
  for (let done = 0; ;) {
    for (const document of peer.documents) {
      if (!await peer.check(document)) throw new Error("a credential did not pass");
    }
    done += peer.documents.length;
    const { user, system } = process.cpuUsage(start);
    if (user + system >= seconds * 1e6) return done / ((user + system) / 1e6);
  }
}

console.error = () => {}; // the library prints what it refuses
const peers = { openattestation: await openAttestation(), blockcerts: await blockcerts() };
for (const [name, peer] of Object.entries(peers)) {
  if (!await peer.check(peer.documents[3])) throw new Error(`${name}: a genuine credential did not pass`);
  if (await peer.check(peer.spoil(peer.documents[3]))) throw new Error(`${name}: a changed credential passed`);
}
const sizes = Object.entries(peers).map(([name, peer]) => [name, JSON.stringify(peer.documents[3]).length]);
console.log(JSON.stringify(Object.fromEntries(sizes)));
for await (const line of createInterface({ input: process.stdin })) {
  const [name, seconds] = line.split(" ");
  console.log(await window(peers[name], Number(seconds)));
}
