// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls12381} from "./Bls12381.sol";

/// @title A fixed set of witnesses whose aggregated signature says that k of them cosigned a checkpoint
/// @notice Beside the registry: what `AnchorRegistry` keeps is consistent, what stands here was also *seen* by a quorum.
///         Anybody may bring a signature, for it proves itself. Needs EIP-2537 (Prague); elsewhere deployment reverts.
/// @dev No admin: another set of witnesses is another contract, and the trust bundle names the one that counts.
contract WitnessQuorum {
    uint256 public constant MAX_WITNESSES = 64;
    uint256 public constant MAX_ORIGIN_BYTES = 255;
    bytes private constant POSSESSION = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    bytes private constant SIGNATURE = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    bytes private constant ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// @dev G1 points, 128 bytes each; bit i of a bitmap is the witness at index i.
    bytes[] private _keys; // slot 0
    /// @notice How many witnesses it takes.
    uint256 public threshold; // slot 1
    /// @notice Root that a quorum cosigned at that size; zero if none was brought here.
    mapping(bytes32 originId => mapping(uint64 size => bytes32 root)) public rootAt; // slot 2

    event Cosigned(bytes32 indexed originId, uint64 indexed size, bytes32 root, uint64 time, uint64 bitmap);
    /// @notice A quorum signed two roots for one size: the witnesses in both bitmaps lied. Nothing else can produce this.
    event Split(bytes32 indexed originId, uint64 indexed size, bytes32 root, bytes32 other, uint64 time, uint64 bitmap);

    error BadThreshold();
    error BadKey(uint256 index);
    error BadPossession(uint256 index);
    error BadOrigin();
    error BadBitmap(uint64 bitmap);
    error TooFew(uint256 signers, uint256 threshold);
    error BadSignature();
    error ZeroRoot();

    /// @param keys G1 points, 128 bytes each
    /// @param possessions for each key its signature over its own 48-byte form: without it, a key made as a difference
    ///        of others (a rogue key) could sign in their names
    /// @param threshold_ 1 to the number of keys
    constructor(bytes[] memory keys, bytes[] memory possessions, uint256 threshold_) {
        uint256 count = keys.length;
        if (threshold_ == 0 || threshold_ > count || count > MAX_WITNESSES || possessions.length != count) {
            revert BadThreshold();
        }
        for (uint256 i = 0; i < count; ++i) {
            if (keys[i].length != 128 || Bls12381.isInfinity(keys[i])) revert BadKey(i);
            for (uint256 j = 0; j < i; ++j) {
                if (keccak256(keys[i]) == keccak256(keys[j])) revert BadKey(i); // one witness must not count twice
            }
            if (!Bls12381.verify(keys[i], Bls12381.compress(keys[i]), POSSESSION, possessions[i])) {
                revert BadPossession(i);
            }
            _keys.push(keys[i]);
        }
        threshold = threshold_;
    }

    /// @notice Number of witnesses.
    function witnesses() external view returns (uint256) {
        return _keys.length;
    }

    /// @notice Key of a witness, 128 bytes.
    function keyAt(uint256 index) external view returns (bytes memory) {
        return _keys[index];
    }

    /// @notice Check a quorum's signature over a checkpoint; reverts with the reason if it is none.
    /// @param time the round's time, seconds UTC, that all signed
    /// @param bitmap who signed; bit i is witness i
    /// @param signature G2 point, 256 bytes
    function check(
        string calldata origin,
        uint64 size,
        bytes32 root,
        uint64 time,
        uint64 bitmap,
        bytes calldata signature
    ) public view {
        bytes memory key = _aggregate(bitmap);
        if (bytes(origin).length == 0 || bytes(origin).length > MAX_ORIGIN_BYTES) revert BadOrigin();
        if (signature.length != 256) revert BadSignature();
        if (!Bls12381.verify(key, message(origin, size, root, time), SIGNATURE, signature)) revert BadSignature();
    }

    /// @notice `check`, and put it on record. A second root for a size is recorded as `Split` and changes nothing.
    function record(
        string calldata origin,
        uint64 size,
        bytes32 root,
        uint64 time,
        uint64 bitmap,
        bytes calldata signature
    ) external {
        if (root == 0) revert ZeroRoot();
        check(origin, size, root, time, bitmap, signature);
        bytes32 originId = sha256(bytes(origin));
        bytes32 known = rootAt[originId][size];
        if (known == root) return;
        if (known != 0) {
            emit Split(originId, size, known, root, time, bitmap);
            return;
        }
        rootAt[originId][size] = root;
        emit Cosigned(originId, size, root, time, bitmap);
    }

    /// @notice What the witnesses sign: a line naming the form, the round's time, the checkpoint's text.
    function message(string calldata origin, uint64 size, bytes32 root, uint64 time) public pure returns (bytes memory) {
        return abi.encodePacked(
            "cosignature/bls12-381/v1\ntime ",
            _decimal(time),
            "\n",
            origin,
            "\n",
            _decimal(size),
            "\n",
            _base64(root),
            "\n"
        );
    }

    function _aggregate(uint64 bitmap) private view returns (bytes memory sum) {
        uint256 count = _keys.length;
        if (uint256(bitmap) >> count != 0) revert BadBitmap(bitmap);
        uint256 signers;
        for (uint256 i = 0; i < count; ++i) {
            if ((bitmap >> i) & 1 == 0) continue;
            sum = signers == 0 ? _keys[i] : Bls12381.add(sum, _keys[i]);
            ++signers;
        }
        if (signers < threshold) revert TooFew(signers, threshold);
        if (Bls12381.isInfinity(sum)) revert BadBitmap(bitmap);
    }

    function _decimal(uint64 value) private pure returns (bytes memory text) {
        if (value == 0) return "0";
        for (; value != 0; value /= 10) {

            text = abi.encodePacked(bytes1(uint8(48 + value % 10)), text);
        }
    }

    function _base64(bytes32 data) private pure returns (bytes memory text) {
        text = new bytes(44);
        // 32 bytes are 42 sextets and four bits, which the forty-third holds on its upper side; then one "=".
        for (uint256 i = 0; i < 42; ++i) {
            text[i] = ALPHABET[(uint256(data) >> (250 - 6 * i)) & 63];
        }
        text[42] = ALPHABET[(uint256(data) & 15) << 2];
        text[43] = "=";
    }
}
