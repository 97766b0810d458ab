// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SM3} from "./SM3.sol";

/// @title RFC 9162 §2.1.4.2: is one tree head an extension of another?
/// @notice What makes the anchor more than a timestamp: a head moves only if every entry under the old root is still
///         under the new root, in the same place. The check needs about log2(size) hashes and none of the entries.
library ConsistencyProof {
    /// @notice Hash numbers of the registry. 0 is no hash: it is what an unregistered log reads as.
    uint8 internal constant HASH_SHA256 = 1;
    uint8 internal constant HASH_SM3 = 2;

    /// @notice Largest tree: sizes are signed 64-bit integers in the databases and in `verifier`, whose answers this
    ///         check must share.
    uint64 internal constant MAX_SIZE = (1 << 63) - 1;

    /// @notice The SHA-256 precompile (address 0x02) did not answer with 32 bytes.
    /// @dev A call to an absent precompile *succeeds* with nothing returned. Without this check the bytes that happen
    ///      to lie in memory would pass for a digest on such a chain.
    error HashUnavailable();

    /// @notice True only if `proof` proves that the tree (newSize, newRoot) extends (oldSize, oldRoot).
    /// @dev Never reverts on a bad proof; the caller names the error. Work is bounded by the sizes, not by the length
    ///      of `proof`: a proof has at most 64 nodes (a seed and one a level), anything left over is refused.
    ///      An empty old tree is refused: "something extends nothing" is true of every root and proves nothing.
    ///      Equal sizes need equal roots and an empty proof.
    /// @param hashAlg HASH_SHA256 or HASH_SM3; the caller has checked it
    function verify(
        uint8 hashAlg,
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (oldSize == 0 || oldSize > newSize || newSize > MAX_SIZE) return false;
        if (oldSize == newSize) return proof.length == 0 && oldRoot == newRoot;
        if (proof.length == 0) return false;
        return _fold(hashAlg, oldSize, oldRoot, newSize, newRoot, proof);
    }

    /// @dev Steps 2 to 7 of RFC 9162 §2.1.4.2, same letters. `fr` rebuilds the old root, `sr` the new one.
    function _fold(
        uint8 hashAlg,
        uint256 oldSize,
        bytes32 oldRoot,
        uint256 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) private view returns (bool) {
        // SHA-256 needs no scratch area beyond the 0x80 bytes below; SM3 makes its tables once per proof.
        uint256 ws = hashAlg == HASH_SM3 ? SM3.Workspace.unwrap(SM3.workspace()) : 0;
        uint256 fn = oldSize - 1;
        uint256 sn = newSize - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // A perfect old tree is itself the first node; the proof leaves it out (step 2).
        uint256 next = oldSize & (oldSize - 1) == 0 ? 0 : 1;
        bytes32 fr = next == 0 ? oldRoot : proof[0];
        bytes32 sr = fr;
        for (; next < proof.length; ++next) {
            if (sn == 0) return false; // more nodes than the new tree has levels
            bytes32 c = proof[next];
            if (fn & 1 == 1 || fn == sn) {
                fr = _node(hashAlg, ws, c, fr);
                sr = _node(hashAlg, ws, c, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = _node(hashAlg, ws, sr, c);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == oldRoot && sr == newRoot;
    }

    /// @dev H(0x01 || left || right). The free memory pointer is read, not moved: the bytes are dead after the call.
    function _node(uint8 hashAlg, uint256 ws, bytes32 left, bytes32 right) private view returns (bytes32 digest) {
        if (hashAlg == HASH_SM3) return SM3.node(SM3.Workspace.wrap(ws), left, right);
        bool ok;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, 1)
            mstore(add(p, 0x01), left)
            mstore(add(p, 0x21), right)
            ok := staticcall(gas(), 0x02, p, 0x41, 0x00, 0x20)
            ok := and(ok, eq(returndatasize(), 0x20))
            digest := mload(0x00)
        }
        if (!ok) revert HashUnavailable();
    }
}
