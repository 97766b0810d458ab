// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title SM3 (GB/T 32905-2016) for EVMs that have no precompile for it
/// @notice An SM3 log can be checked on chain only by computing SM3 in bytecode; this is the compression in Yul.
/// @dev How it is made cheap, and why that is right:
///
///  1. *Doubled words.* A 32-bit word x that will be rotated is kept as x * (2^32 + 1), that is x,x in 64 bits.
///     Every rotation is then a single right shift: the low 32 bits of (x,x) >> (32 - n) are x <<< n.
///  2. *Dirt above bit 31 is allowed.* Addition, xor, and, or carry nothing downwards: the low 32 bits of a result do
///     not depend on what lies above them in the operands. So words are masked only before a doubling (a later right
///     shift would bring dirt down) and once at the end.
///  3. *Four lanes of memory.* The message schedule lies in memory at 8 bytes a word, doubled. One 32-byte load at any
///     8-byte offset gives four consecutive words. W[j] needs W[j-3], so each step makes three words; the fourth lane
///     is garbage and the next step overwrites it.
///
///  All functions are internal: the code becomes part of the contract that uses it, so there is no linked library
///  whose address somebody could get wrong or swap.
library SM3 {
    /// @notice Memory offset of the scratch area made by `workspace`.
    type Workspace is uint256;

    /// @dev GB/T 32905 §4.1, eight 32-bit words, first word on top.
    uint256 private constant IV = 0x7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e;

    /// @notice Allocate the scratch area and write the round constants, once per call frame.
    /// @dev Layout, from ws: 0x20 unused (a load of T[0] into the low bits starts before it); 0x100 bytes T[j] <<< j,
    ///      4 bytes each, j = 0..63 (GB/T 32905 §4.2); 0x20 unused; 0x230 bytes schedule W[0..67] and two garbage
    ///      lanes, 8 bytes each; rounded up.
    function workspace() internal pure returns (Workspace ws) {
        assembly ("memory-safe") {
            ws := mload(0x40)
            mstore(0x40, add(ws, 0x380))
            mstore(add(ws, 0x020), 0x79cc4519f3988a32e7311465ce6228cb9cc451973988a32f7311465ee6228cbc)
            mstore(add(ws, 0x040), 0xcc451979988a32f3311465e76228cbcec451979c88a32f3911465e73228cbce6)
            mstore(add(ws, 0x060), 0x9d8a7a873b14f50f7629ea1eec53d43cd8a7a879b14f50f3629ea1e7c53d43ce)
            mstore(add(ws, 0x080), 0x8a7a879d14f50f3b29ea1e7653d43ceca7a879d84f50f3b19ea1e7623d43cec5)
            mstore(add(ws, 0x0a0), 0x7a879d8af50f3b14ea1e7629d43cec53a879d8a750f3b14fa1e7629e43cec53d)
            mstore(add(ws, 0x0c0), 0x879d8a7a0f3b14f51e7629ea3cec53d479d8a7a8f3b14f50e7629ea1cec53d43)
            mstore(add(ws, 0x0e0), 0x9d8a7a873b14f50f7629ea1eec53d43cd8a7a879b14f50f3629ea1e7c53d43ce)
            mstore(add(ws, 0x100), 0x8a7a879d14f50f3b29ea1e7653d43ceca7a879d84f50f3b19ea1e7623d43cec5)
        }
    }

    /// @notice SM3(0x01 || left || right): an interior node of an RFC 9162 tree over SM3.
    /// @dev 65 bytes are two blocks. The second is one byte of message and the constant padding of a 65-byte message:
    ///      0x80, zeros, the length 520 bits.
    function node(Workspace ws, bytes32 left, bytes32 right) internal pure returns (bytes32 digest) {
        uint256 state = compress(
            ws,
            IV,
            // The prefix byte 0x01 keeps a leaf from posing as a node (RFC 9162 §2.1.1).
            (1 << 248) | (uint256(left) >> 8),
            (uint256(left) << 248) | (uint256(right) >> 8)
        );
        digest = bytes32(compress(ws, state, (uint256(right) << 248) | (0x80 << 240), 520));
    }

    /// @notice SM3 of any byte string; the registry hashes nodes only, this is for tests and other callers.
    function hash(Workspace ws, bytes memory data) internal pure returns (bytes32 digest) {
        uint256 state = IV;
        uint256 length = data.length;
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := add(data, 0x20)
        }
        uint256 left = length;
        uint256 high;
        uint256 low;
        for (; left >= 64; left -= 64) {
            assembly ("memory-safe") {
                high := mload(pointer)
                low := mload(add(pointer, 0x20))
                pointer := add(pointer, 0x40)
            }
            state = compress(ws, state, high, low);
        }
        (high, low) = _tail(pointer, left);
        if (left >= 56) {
            state = compress(ws, state, high, low);
            (high, low) = (0, 0);
        }
        digest = bytes32(compress(ws, state, high, low | (length << 3)));
    }

    /// @dev The last `left` < 64 bytes, then 0x80, then zeros. What memory holds behind them is cut off.
    function _tail(uint256 pointer, uint256 left) private pure returns (uint256 high, uint256 low) {
        assembly ("memory-safe") {
            high := mload(pointer)
            low := mload(add(pointer, 0x20))
        }
        if (left < 32) {
            uint256 bits = 8 * left;
            high = left == 0 ? 0 : (high >> (256 - bits)) << (256 - bits);
            high |= 0x80 << (248 - bits);
            low = 0;
        } else {
            uint256 bits = 8 * (left - 32);
            low = left == 32 ? 0 : (low >> (256 - bits)) << (256 - bits);
            low |= 0x80 << (248 - bits);
        }
    }

    /// @dev One block. `state` and the result are eight 32-bit words, first on top; `high`, `low` are the 64 bytes.
    function compress(Workspace ws, uint256 state, uint256 high, uint256 low) internal pure returns (uint256) {
        _expand(ws, high, low);
        return _rounds(ws, state);
    }

    /// @dev GB/T 32905 §5.3.2: W[0..67] from the block, doubled, 8 bytes apart. W'[j] = W[j] ^ W[j+4] is not stored:
    ///      two loads and a xor are as cheap.
    function _expand(Workspace ws, uint256 high, uint256 low) private pure {
        assembly ("memory-safe") {
            // Four 32-bit words (128 bits) into four doubled 64-bit lanes.
            function spread(x) -> y {
                y := and(or(x, shl(64, x)), 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff)
                y := and(or(y, shl(32, y)), 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff)
                y := mul(y, 0x100000001)
            }
            let p := add(ws, 0x140)
            mstore(p, spread(shr(128, high)))
            mstore(add(p, 0x20), spread(and(high, 0xffffffffffffffffffffffffffffffff)))
            mstore(add(p, 0x40), spread(shr(128, low)))
            mstore(add(p, 0x60), spread(and(low, 0xffffffffffffffffffffffffffffffff)))
            // p stands at W[j-16]; three new words a step, j = 16, 19, … 67.
            for { let end := add(p, 0x1b0) } lt(p, end) { p := add(p, 0x18) } {
                // X = W[j-16] ^ W[j-9] ^ (W[j-3] <<< 15), then doubled
                let x := mul(
                    and(
                        xor(xor(mload(p), mload(add(p, 0x38))), shr(17, mload(add(p, 0x68)))),
                        0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff
                    ),
                    0x100000001
                )
                // W[j] = P1(X) ^ (W[j-13] <<< 7) ^ W[j-6],  P1(X) = X ^ (X <<< 15) ^ (X <<< 23)
                mstore(
                    add(p, 0x80),
                    mul(
                        and(
                            xor(
                                xor(xor(x, shr(17, x)), shr(9, x)),
                                xor(shr(25, mload(add(p, 0x18))), mload(add(p, 0x50)))
                            ),
                            0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff
                        ),
                        0x100000001
                    )
                )
            }
        }
    }

    /// @dev GB/T 32905 §5.3.3. Four rounds per turn of the loop, so that the eight registers are renamed instead of
    ///      moved. Per round (a, e are the newest words; new a goes where d was, new e where h was):
    ///        x = a <<< 12;  s = (x + e + T[j]) <<< 7
    ///        a' = FF(a,b,c) + d + (s ^ x) + W'[j];  e' = P0(GG(e,f,g) + h + s + W[j]);  b <<<= 9;  f <<<= 19
    ///      a, b are doubled; e, f come out of P0 of a word written three times in a row, whose low 64 bits are doubled.
    function _rounds(Workspace ws, uint256 state) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            let a := mul(shr(224, state), 0x100000001)
            let b := mul(and(shr(192, state), 0xffffffff), 0x100000001)
            let c := shr(160, state)
            let d := shr(128, state)
            let e := mul(and(shr(96, state), 0xffffffff), 0x100000001)
            let f := mul(and(shr(64, state), 0xffffffff), 0x100000001)
            let g := shr(32, state)
            let h := state
            let t := add(ws, 0x04) // load here: T[j] in the low bits
            let w := add(ws, 0x128) // load here: W[j] in the low bits
            let s
            for { let end := add(ws, 0x44) } lt(t, end) {
                t := add(t, 0x10)
                w := add(w, 0x20)
            } {
                // round j + 0
                s := shr(25, mul(and(add(add(shr(20, a), e), mload(t)), 0xffffffff), 0x100000001))
                d := add(add(xor(xor(a, b), c), d), xor(s, shr(20, a)))
                d := mul(and(add(d, xor(mload(w), mload(add(w, 0x20)))), 0xffffffff), 0x100000001)
                h := and(add(add(xor(xor(e, f), g), h), add(s, mload(w))), 0xffffffff)
                h := mul(h, 0x10000000100000001)
                h := xor(xor(h, shr(23, h)), shr(15, h))
                b := shr(23, b)
                f := shr(13, f)
                // round j + 1
                s := shr(25, mul(and(add(add(shr(20, d), h), mload(add(t, 0x04))), 0xffffffff), 0x100000001))
                c := add(add(xor(xor(d, a), b), c), xor(s, shr(20, d)))
                c := mul(and(add(c, xor(mload(add(w, 0x08)), mload(add(w, 0x28)))), 0xffffffff), 0x100000001)
                g := and(add(add(xor(xor(h, e), f), g), add(s, mload(add(w, 0x08)))), 0xffffffff)
                g := mul(g, 0x10000000100000001)
                g := xor(xor(g, shr(23, g)), shr(15, g))
                a := shr(23, a)
                e := shr(13, e)
                // round j + 2
                s := shr(25, mul(and(add(add(shr(20, c), g), mload(add(t, 0x08))), 0xffffffff), 0x100000001))
                b := add(add(xor(xor(c, d), a), b), xor(s, shr(20, c)))
                b := mul(and(add(b, xor(mload(add(w, 0x10)), mload(add(w, 0x30)))), 0xffffffff), 0x100000001)
                f := and(add(add(xor(xor(g, h), e), f), add(s, mload(add(w, 0x10)))), 0xffffffff)
                f := mul(f, 0x10000000100000001)
                f := xor(xor(f, shr(23, f)), shr(15, f))
                d := shr(23, d)
                h := shr(13, h)
                // round j + 3
                s := shr(25, mul(and(add(add(shr(20, b), f), mload(add(t, 0x0c))), 0xffffffff), 0x100000001))
                a := add(add(xor(xor(b, c), d), a), xor(s, shr(20, b)))
                a := mul(and(add(a, xor(mload(add(w, 0x18)), mload(add(w, 0x38)))), 0xffffffff), 0x100000001)
                e := and(add(add(xor(xor(f, g), h), e), add(s, mload(add(w, 0x18)))), 0xffffffff)
                e := mul(e, 0x10000000100000001)
                e := xor(xor(e, shr(23, e)), shr(15, e))
                c := shr(23, c)
                g := shr(13, g)
            }
            for { let end := add(ws, 0x104) } lt(t, end) {
                t := add(t, 0x10)
                w := add(w, 0x20)
            } {
                // round j + 0
                s := shr(25, mul(and(add(add(shr(20, a), e), mload(t)), 0xffffffff), 0x100000001))
                d := add(add(xor(b, and(xor(a, b), xor(b, c))), d), xor(s, shr(20, a)))
                d := mul(and(add(d, xor(mload(w), mload(add(w, 0x20)))), 0xffffffff), 0x100000001)
                h := and(add(add(xor(g, and(e, xor(f, g))), h), add(s, mload(w))), 0xffffffff)
                h := mul(h, 0x10000000100000001)
                h := xor(xor(h, shr(23, h)), shr(15, h))
                b := shr(23, b)
                f := shr(13, f)
                // round j + 1
                s := shr(25, mul(and(add(add(shr(20, d), h), mload(add(t, 0x04))), 0xffffffff), 0x100000001))
                c := add(add(xor(a, and(xor(d, a), xor(a, b))), c), xor(s, shr(20, d)))
                c := mul(and(add(c, xor(mload(add(w, 0x08)), mload(add(w, 0x28)))), 0xffffffff), 0x100000001)
                g := and(add(add(xor(f, and(h, xor(e, f))), g), add(s, mload(add(w, 0x08)))), 0xffffffff)
                g := mul(g, 0x10000000100000001)
                g := xor(xor(g, shr(23, g)), shr(15, g))
                a := shr(23, a)
                e := shr(13, e)
                // round j + 2
                s := shr(25, mul(and(add(add(shr(20, c), g), mload(add(t, 0x08))), 0xffffffff), 0x100000001))
                b := add(add(xor(d, and(xor(c, d), xor(d, a))), b), xor(s, shr(20, c)))
                b := mul(and(add(b, xor(mload(add(w, 0x10)), mload(add(w, 0x30)))), 0xffffffff), 0x100000001)
                f := and(add(add(xor(e, and(g, xor(h, e))), f), add(s, mload(add(w, 0x10)))), 0xffffffff)
                f := mul(f, 0x10000000100000001)
                f := xor(xor(f, shr(23, f)), shr(15, f))
                d := shr(23, d)
                h := shr(13, h)
                // round j + 3
                s := shr(25, mul(and(add(add(shr(20, b), f), mload(add(t, 0x0c))), 0xffffffff), 0x100000001))
                a := add(add(xor(c, and(xor(b, c), xor(c, d))), a), xor(s, shr(20, b)))
                a := mul(and(add(a, xor(mload(add(w, 0x18)), mload(add(w, 0x38)))), 0xffffffff), 0x100000001)
                e := and(add(add(xor(h, and(f, xor(g, h))), e), add(s, mload(add(w, 0x18)))), 0xffffffff)
                e := mul(e, 0x10000000100000001)
                e := xor(xor(e, shr(23, e)), shr(15, e))
                c := shr(23, c)
                g := shr(13, g)
            }
            result := xor(state, or(
                or(or(shl(224, a), shl(192, and(b, 0xffffffff))), or(shl(160, and(c, 0xffffffff)), shl(128, and(d, 0xffffffff)))),
                or(or(shl(96, and(e, 0xffffffff)), shl(64, and(f, 0xffffffff))), or(shl(32, and(g, 0xffffffff)), and(h, 0xffffffff)))
            ))
        }
    }
}
