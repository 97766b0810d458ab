// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title BLS signatures on BLS12-381 (keys in G1, signatures in G2) through the precompiles of EIP-2537
/// @notice Points come and go as EIP-2537 encodes them: a field element is 64 bytes, 16 of them zero; a G1 point 128
///         bytes, a G2 point 256.
/// @dev A call to a precompile that the chain does not have *succeeds* and returns nothing. Every call here therefore
///      checks the length of the answer; without that, a chain before Prague would accept any signature.
library Bls12381 {
    error PrecompileMissing(uint256 precompile);

    address private constant SHA256 = address(0x02);
    address private constant MODEXP = address(0x05);
    address private constant G1_ADD = address(0x0b);
    address private constant G2_ADD = address(0x0d);
    address private constant PAIRING = address(0x0f);
    address private constant MAP_FP2_TO_G2 = address(0x11);

    /// @dev The field's modulus p, 48 bytes, and (p - 1) / 2 in two words, 16 and 32 bytes.
    bytes private constant P =
        hex"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    uint256 private constant HALF_HIGH = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant HALF_LOW = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;

    /// @dev The negated generator of G1, so that a verification is one product of two pairings.
    bytes private constant NEGATED_G1 =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
        hex"6c55e83ff97a1aeffb3af00adb22c6bb00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f2"
        hex"67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca";

    /// @notice Whether `signature` is that of `key` over `message` under the domain `dst`.
    /// @dev The pairing precompile refuses points that are not in the prime-order subgroup (EIP-2537); then this is
    ///      false. The caller must refuse the point at infinity as a key: it "signs" everything.
    function verify(bytes memory key, bytes memory message, bytes memory dst, bytes memory signature)
        internal
        view
        returns (bool)
    {
        bytes memory input = bytes.concat(key, hashToG2(message, dst), NEGATED_G1, signature);
        (bool ok, bytes memory answer) = PAIRING.staticcall(input);
        if (!ok) return false;
        if (answer.length != 32) revert PrecompileMissing(0x0f);
        return abi.decode(answer, (uint256)) == 1;
    }

    /// @notice Sum of two points of G1. Reverts with empty data if one of them is not on the curve.
    function add(bytes memory a, bytes memory b) internal view returns (bytes memory sum) {
        sum = _call(G1_ADD, bytes.concat(a, b), 128);
    }

    /// @notice Whether a point of G1 is the one at infinity.
    function isInfinity(bytes memory point) internal pure returns (bool) {
        (uint256 a, uint256 b, uint256 c, uint256 d) = abi.decode(point, (uint256, uint256, uint256, uint256));
        return (a | b | c | d) == 0;
    }

    /// @notice The 48-byte form that the signature drafts hash: x with three flag bits (compressed, infinity, sign of y).
    function compress(bytes memory point) internal pure returns (bytes memory) {
        (uint256 xh, uint256 xl, uint256 yh, uint256 yl) = abi.decode(point, (uint256, uint256, uint256, uint256));
        bool larger = yh > HALF_HIGH || (yh == HALF_HIGH && yl > HALF_LOW);

        return abi.encodePacked(uint128(xh) | (1 << 127) | (larger ? uint128(1) << 125 : uint128(0)), xl);
    }

    /// @notice hash_to_curve of RFC 9380, suite BLS12381G2_XMD:SHA-256_SSWU_RO_.
    /// @dev MAP_FP2_TO_G2 clears the cofactor of each point; that is additive, so the sum is the suite's result.
    function hashToG2(bytes memory message, bytes memory dst) internal view returns (bytes memory) {
        bytes memory uniform = expand(message, dst);
        bytes memory first = _call(MAP_FP2_TO_G2, bytes.concat(_field(uniform, 0), _field(uniform, 64)), 256);
        bytes memory second = _call(MAP_FP2_TO_G2, bytes.concat(_field(uniform, 128), _field(uniform, 192)), 256);
        return _call(G2_ADD, bytes.concat(first, second), 256);
    }

    /// @notice expand_message_xmd of RFC 9380 §5.3.1 with SHA-256, 256 bytes.
    function expand(bytes memory message, bytes memory dst) internal pure returns (bytes memory uniform) {
        require(dst.length < 256);

        bytes memory suffix = abi.encodePacked(dst, uint8(dst.length));
        bytes32 zero = sha256(abi.encodePacked(new bytes(64), message, uint16(256), uint8(0), suffix));
        bytes32 block_;
        for (uint8 i = 1; i <= 8; ++i) {
            block_ = sha256(abi.encodePacked(i == 1 ? zero : zero ^ block_, i, suffix));
            uniform = abi.encodePacked(uniform, block_);
        }
    }

    /// @dev 64 bytes of `data` at `offset`, modulo p, as EIP-2537 encodes a field element.
    function _field(bytes memory data, uint256 offset) private view returns (bytes memory) {
        bytes32 high;
        bytes32 low;
        assembly ("memory-safe") {
            high := mload(add(add(data, 0x20), offset))
            low := mload(add(add(data, 0x40), offset))
        }
        bytes memory input = abi.encodePacked(uint256(64), uint256(1), uint256(48), high, low, uint8(1), P);
        return bytes.concat(new bytes(16), _call(MODEXP, input, 48));
    }

    function _call(address precompile, bytes memory input, uint256 length) private view returns (bytes memory answer) {
        bool ok;
        (ok, answer) = precompile.staticcall(input);
        if (!ok || answer.length != length) revert PrecompileMissing(uint160(precompile));
    }
}
