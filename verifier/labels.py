"""Every number that appears on the wire: registered ones with their source, ours marked private.

SM2, its curve and SM3 have no registered COSE identifiers. Values seen in the wild collide: -48, once used for SM2
by prototypes, is ML-DSA-44 today (RFC 9964). Ours are therefore in the private-use range (below -65536), and
`-48` is never accepted as SM2.
"""

from __future__ import annotations

from typing import Final

# COSE algorithms (RFC 9053; private use below -65536)
ALG_ES256: Final = -7
ALG_EDDSA: Final = -8
ALG_SM2: Final = -65537  # private: SM2 with SM3, id 1234567812345678, signature r||s
ALGORITHMS: Final = frozenset({ALG_ES256, ALG_EDDSA, ALG_SM2})

# COSE key types and curves (RFC 9053 section 7)
KTY_OKP: Final = 1
KTY_EC2: Final = 2
CRV_P256: Final = 1
CRV_ED25519: Final = 6
CRV_SM2: Final = -65537  # private

# COSE header parameters (RFC 9052, RFC 9596, RFC 9597, RFC 9942)
HDR_ALG: Final = 1
HDR_CRIT: Final = 2
HDR_KID: Final = 4
HDR_CWT_CLAIMS: Final = 15
HDR_TYP: Final = 16
HDR_RECEIPTS: Final = 394
HDR_VDS: Final = 395
HDR_VDP: Final = 396
HDR_DISCLOSURES: Final = -65601  # private, unprotected: list of disclosures
HDR_ENTRY_SALT: Final = -65602  # private, unprotected: salt that opens the log entry
HDR_TREE_SIZE: Final = -65604  # private, protected in receipts
HDR_CHECKPOINTS: Final = -65605  # private, unprotected: list of cosigned checkpoints

# Verifiable data structures (RFC 9942; the registry has no private range, so SM3's value is local to this project)
VDS_RFC9162_SHA256: Final = 1
VDS_RFC9162_SM3: Final = -65539
VDP_INCLUSION: Final = -1
VDP_CONSISTENCY: Final = -2

# CWT claims (RFC 8392; draft-ietf-oauth-status-list)
CWT_ISS: Final = 1
CWT_SUB: Final = 2
CWT_AUD: Final = 3
CWT_EXP: Final = 4
CWT_NBF: Final = 5
CWT_IAT: Final = 6
CWT_CTI: Final = 7
CWT_CNF: Final = 8  # RFC 8747
CWT_NONCE: Final = 10  # RFC 9711
CWT_STATUS_LIST: Final = 65533
CWT_TTL: Final = 65534
CWT_STATUS: Final = 65535
CWT_MZ: Final = -65600  # private: map with small integer keys

# Keys of the private claim map
MZ_KIND: Final = 1
MZ_KIND_VERSION: Final = 2
MZ_ROOT: Final = 3
MZ_PUBLIC: Final = 4

# `typ` of everything that is signed: one key can never be made to say one thing in the form of another
TYP_CERTIFICATE: Final = "mz-cert+cwt"
TYP_STATUS_LIST: Final = "application/statuslist+cwt"
TYP_RECEIPT: Final = "mz-receipt+cose"
TYP_TRUST_BUNDLE: Final = "mz-trust+cbor"
TYP_STATUS_EVENT: Final = "mz-status-event+cwt"
TYP_ERASURE: Final = "mz-erasure+cwt"
TYP_RENDITION: Final = "mz-rendition+cwt"
TYP_CASE: Final = "mz-case+cwt"
TYP_ANSWER: Final = "mz-answer+cwt"
TYP_PRESENTATION: Final = "mz-presentation+cwt"
TYP_DEVICE: Final = "mz-device+cwt"
TYP_FUND_EPOCH: Final = "mz-fund+cwt"

# Certificate kinds
KIND_MARRIAGE: Final = 1
KIND_DIVORCE: Final = 2
KIND_DONATION: Final = 3
SLOT_DEPTH: Final = {(KIND_MARRIAGE, 1): 5, (KIND_DONATION, 1): 4}
"""(kind, version) -> depth of its commitment tree; kinds and versions not listed are not known to this verifier."""
KIND_NAMES: Final = {KIND_MARRIAGE: "marriage", KIND_DIVORCE: "divorce", KIND_DONATION: "donation"}

TAG_COSE_SIGN1: Final = 18
MAGIC_TRACE: Final = b"\xa5\x01\x01\x02"  # a donor's trace: a map of five members, of which the first is 1: 1
