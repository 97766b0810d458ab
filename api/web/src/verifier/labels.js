/** Every number that appears on the wire. Same values and names as verifier/labels.py; a test compares the two. */

export const ALG_ES256 = -7;
export const ALG_EDDSA = -8;
export const ALG_SM2 = -65537; // private: SM2 with SM3. -48 is ML-DSA-44 and never SM2
/** @type {ReadonlySet<unknown>} */
export const ALGORITHMS = new Set([ALG_ES256, ALG_EDDSA, ALG_SM2]);

export const KTY_OKP = 1;
export const KTY_EC2 = 2;
export const CRV_P256 = 1;
export const CRV_ED25519 = 6;
export const CRV_SM2 = -65537;

export const HDR_ALG = 1;
export const HDR_CRIT = 2;
export const HDR_KID = 4;
export const HDR_CWT_CLAIMS = 15;
export const HDR_TYP = 16;
export const HDR_RECEIPTS = 394;
export const HDR_VDS = 395;
export const HDR_VDP = 396;
export const HDR_DISCLOSURES = -65601;
export const HDR_ENTRY_SALT = -65602;
export const HDR_TREE_SIZE = -65604;
export const HDR_CHECKPOINTS = -65605;

export const VDS_RFC9162_SHA256 = 1;
export const VDS_RFC9162_SM3 = -65539;
export const VDP_INCLUSION = -1;

export const CWT_ISS = 1;
export const CWT_SUB = 2;
export const CWT_AUD = 3;
export const CWT_EXP = 4;
export const CWT_NBF = 5;
export const CWT_IAT = 6;
export const CWT_CTI = 7;
export const CWT_CNF = 8;
export const CWT_NONCE = 10;
export const CWT_STATUS_LIST = 65533;
export const CWT_TTL = 65534;
export const CWT_STATUS = 65535;
export const CWT_MZ = -65600;

export const MZ_KIND = 1;
export const MZ_KIND_VERSION = 2;
export const MZ_ROOT = 3;
export const MZ_PUBLIC = 4;

export const TYP_CERTIFICATE = 'mz-cert+cwt';
export const TYP_STATUS_LIST = 'application/statuslist+cwt';
export const TYP_RECEIPT = 'mz-receipt+cose';
export const TYP_TRUST_BUNDLE = 'mz-trust+cbor';
export const TYP_RENDITION = 'mz-rendition+cwt';
export const TYP_ANSWER = 'mz-answer+cwt';
export const TYP_PRESENTATION = 'mz-presentation+cwt';
export const TYP_DEVICE = 'mz-device+cwt';
export const TYP_FUND_EPOCH = 'mz-fund+cwt';

export const KIND_MARRIAGE = 1;
export const KIND_DIVORCE = 2;
export const KIND_DONATION = 3;
/** @type {Record<number, string>} */
export const KIND_NAMES = {
  [KIND_MARRIAGE]: 'marriage',
  [KIND_DIVORCE]: 'divorce',
  [KIND_DONATION]: 'donation',
};

/** Depth of the commitment tree by `kind/version`; what is not listed is not known to this verifier.
 * @type {Record<string, number>} */
export const SLOT_DEPTH = { [`${KIND_MARRIAGE}/1`]: 5, [`${KIND_DONATION}/1`]: 4 };

export const TAG_COSE_SIGN1 = 18;
