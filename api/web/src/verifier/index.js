/** The verifier as one module: what /static/verifier.js exports to the page, to tests and to the benchmark. */
export { Answer } from './answer.js';
export { AnchorObservation } from './anchor.js';
export { Verifier } from './assess.js';
export { SignedNote } from './checkpoint.js';
export { parseCode } from './code.js';
export { parseCertificate, parseHolderFile } from './credential.js';
export { judgeSigned, needsOlderReceipt, parseEpoch, treesOf } from './epoch.js';
export { Malformed, ProofInvalid, Unsupported, VerifierError } from './errors.js';
export { AnchorProof } from './finality/proof.js';
export { readNotes } from './levels.js';
export { parseBinding, parsePresentation } from './presentation.js';
export { assessPresentation } from './presented.js';
export { FAILED, INDETERMINATE, PASSED, REASONS, outcomeOf, toJson } from './report.js';
export { rootFromRange } from './sumtree.js';
export { checkTrace, isTrace, parseTrace, traceJson } from './trace.js';
export { TrustBundle } from './trust-bundle.js';
