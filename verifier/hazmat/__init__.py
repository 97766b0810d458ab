"""Signature verification and hashing: SM3, SM2, ECDSA P-256, Ed25519; Keccak-256 and secp256k1 for EVM chains.

The name is the warning (as in pyca/cryptography's "hazardous materials"): everything here is correct only
when it is used in the one right way. A signature that verifies says nothing about *which* key may sign *what*
for *whom*: `verifier.cose` binds the algorithm to the key, `verifier.policy` the key to its owner and kinds,
`verifier.assess` puts them in order. Application code imports those and never this package.

What the package keeps, whatever the caller does:

* Only public data passes through. There is no signing and no private key, so no code here is constant-time.
* No function takes a digest. An SM2 interface that verifies a caller's digest accepts existential forgeries
  (choose s and t, put r = t - s and e = r - x); ZA and SM3 are always computed here, from the message.
* A malformed *signature* is False, never an exception; a malformed *public key* is `InvalidKey`, at parse.
* System libcrypto is reached through ctypes and is trusted only after a known-answer test at import;
  without it the pure-Python implementations give the same answers, slower.
* No clock, no environment, no network, no third-party import; all imports are relative.
"""
