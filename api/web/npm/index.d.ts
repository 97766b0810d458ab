/** Types of `minzheng-verify`. Times are whole seconds UTC; `root` is the pin, 64 hexadecimal digits. */

export type Outcome = 'PASSED' | 'FAILED' | 'INDETERMINATE';
export type Level = 'L1' | 'L2' | 'L3' | 'L4' | 'L5';
export type Words = { zh?: string; en?: string };
/** A reason code; docs/reasons.md. New ones may come: judge one that you do not know by its outcome. */
export type Reason = string;

/** The report as report.schema.json describes it. */
export interface Report {
  outcome: Outcome;
  reason: Reason;
  level: Level | null;
  levels: Partial<Record<Level, { outcome: Outcome; reason: Reason }>>;
  certificate: null | {
    kind: number;
    kind_name: string;
    kind_title: Words;
    issuer: string;
    issuer_name: Words;
    issued_at: string | null;
  };
  /** Personal: what the holder chose to show, once all of it was proven. */
  disclosed: Record<string, string | number | boolean>;
  labels: Record<string, Words>;
  public: Record<string, string | number>;
  status: null | { issued_at: string; expires: string; age_seconds: number };
  document?: {
    media: string;
    sm3: string;
    issued_at: string | null;
    copy: boolean;
    expires: string | null;
    seal: null | Record<string, string>;
  };
  presentation?: { audience: string; issued_at: string; expires: string };
  findings: { step: number; code: Reason; outcome: Outcome; clause: string; detail: string }[];
  /** What would turn INDETERMINATE into an answer. */
  needs: { what: string; ref: string }[];
  checked_at: string;
  trust: { sequence: number | null; root: string | null };
}

export interface Evidence {
  checkpoints?: Iterable<Uint8Array>;
  proofs?: Iterable<Uint8Array>;
  crls?: Iterable<Uint8Array>;
}

export interface VerifyOptions extends Evidence {
  trust: Uint8Array | TrustBundle | Verifier;
  root?: string;
  statuses?: Iterable<Uint8Array>;
  /** Default: now. */
  at?: number;
  level?: Level | null;
}

/** Check one code (string) or file (bytes). Never throws on a bad certificate; throws for trust material that is none. */
export function verify(source: string | Uint8Array, options: VerifyOptions): Report;

/** What `Verifier.assess` gives; `toJson` makes the Report of it. */
export interface Assessment {
  outcome: Outcome;
  reason: Reason;
  checkedAt: number;
  [member: string]: unknown;
}

export class TrustBundle {
  constructor(data: Uint8Array, rootPin?: string);
  readonly sequence: number;
  readonly issuedAt: number;
  readonly expires: number;
  readonly rootFingerprint: string;
}

export class Verifier {
  constructor(
    trust: TrustBundle,
    statuses?: Iterable<Uint8Array>,
    anchors?: Iterable<AnchorObservation>,
    more?: Evidence,
  );
  readonly trust: TrustBundle;
  assess(data: string | Uint8Array, options: { at: number; level?: Level | null }): Assessment;
}

/** A signed answer, as a relying party archives it. */
export class Answer {
  constructor(data: Uint8Array);
  /** "OK", or the reason why not. */
  check(trust: TrustBundle, at: number): Reason;
  opens(salt: Uint8Array, question: Uint8Array): boolean;
  toJson(): Record<string, unknown>;
}

export class AnchorObservation {
  constructor(data: Uint8Array);
}
export class AnchorProof {
  static parse(data: Uint8Array): AnchorProof;
}
export class SignedNote {
  static parse(data: Uint8Array): SignedNote;
}

export function assessPresentation(
  data: Uint8Array,
  expected: { audience: string; nonce: Uint8Array },
  verifier: Verifier,
  options: { at: number; level?: Level | null },
): Assessment;
/** A donor's trace as trace.schema.json describes it. Serials beyond 2^53 are bigints; no real fund has any. */
export interface TraceJson {
  outcome: Outcome;
  reason: Reason;
  level: Level | null;
  levels: Partial<Record<Level, { outcome: Outcome; reason: Reason }>>;
  donation: {
    id: string | null;
    book: string;
    charity: string;
    charity_name: Words;
    amount: number;
    day: number;
    serials: [number | bigint, number | bigint];
    grouped: boolean;
    opened: boolean;
    goods: boolean | null;
  } | null;
  portions: {
    state: string;
    amount: number;
    book: string;
    serials: [number | bigint, number | bigint];
    outflow: number | bigint | null;
    day: number | null;
    cost_class: number | null;
    allocation: number | null;
    reference: string | null;
    settlement: string | null;
  }[];
  as_of: { book: string; epoch: number; at: string }[];
  merkle_bytes: number;
  findings: { step: number; code: Reason; outcome: Outcome; clause: string; detail: string }[];
  needs: { what: string; ref: string }[];
  checked_at: string;
  trust: { sequence: number; root: string };
}
/** What `checkTrace` found; `traceJson` writes it down. */
export interface TraceReport {
  readonly outcome: Outcome;
  readonly reason: Reason;
}
export function checkTrace(
  data: Uint8Array,
  trust: TrustBundle | Verifier,
  options: { at: number; level?: Level | null; anchors?: AnchorObservation[]; checkpoints?: Uint8Array[]; proofs?: Uint8Array[] },
): TraceReport;
export function traceJson(report: TraceReport): TraceJson;
export function isTrace(data: Uint8Array): boolean;
export function parseTrace(data: Uint8Array): unknown;
/** A fund's epoch, *unverified*; docs/formats/fund-epoch.md. */
export interface Epoch {
  readonly claims: { readonly iss: string; readonly iat: number; readonly book: Uint8Array; readonly epoch: number };
}
export function parseEpoch(data: Uint8Array): Epoch;
/** "OK", or why the charity's signature does not count. */
export function judgeSigned(epoch: Epoch, trust: TrustBundle, at: number): Reason;
/** The log's trees that show the epoch, and what its receipts come to. */
export function treesOf(epoch: Epoch, trust: TrustBundle, at: number): [unknown[], Reason];
export function needsOlderReceipt(epoch: Epoch, trust: TrustBundle, trees: unknown[]): boolean;
export function readNotes(items: Iterable<Uint8Array>): SignedNote[];
/** Root (40 bytes) and first serial of consecutive leaves of a sum tree; docs/formats/sum-tree.md. */
export function rootFromRange(
  tree: unknown,
  first: bigint,
  leaves: Uint8Array[],
  size: bigint,
  proof: Uint8Array,
): { root: Uint8Array; start: bigint };
export function parseBinding(data: Uint8Array): unknown;
export function parsePresentation(data: Uint8Array): unknown;
export function parseCode(text: string): Uint8Array;
export function parseCertificate(data: Uint8Array): unknown;
export function parseHolderFile(data: Uint8Array): unknown;
export function toJson(report: Assessment): Report;
export function outcomeOf(reason: Reason): Outcome;
export const REASONS: readonly Reason[];
export const PASSED: 'PASSED';
export const FAILED: 'FAILED';
export const INDETERMINATE: 'INDETERMINATE';

export class VerifierError extends Error {}
export class Malformed extends VerifierError {}
export class Unsupported extends VerifierError {}
export class ProofInvalid extends VerifierError {}
