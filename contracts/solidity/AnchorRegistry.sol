// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConsistencyProof} from "./ConsistencyProof.sol";

/// @title The heads of the registries' logs, which may only grow
/// @notice A log's operator can rewrite its own database and sign whatever it likes. What it cannot do is move the head
///         held here to a tree that does not contain everything the last head contained: `anchor` checks the RFC 9162
///         consistency proof before it writes. No function, for the admin or anybody else, sets, lowers or deletes a
///         head, and there is no proxy, no delegatecall and no selfdestruct through which one could be added.
///
///         Nothing personal comes here: an origin, sizes, roots, hashes of signed checkpoints.
/// @dev Storage layout is part of the format (storage proofs outlive nodes) and is written down in
///      docs/formats/anchor-registry.md; do not reorder. There are no immutables on purpose: the code of every
///      deployment equals `deployedBytecode` of the artifact byte for byte, so anybody can check what he talks to.
contract AnchorRegistry {
    /// @dev `size` == 0: registered, nothing anchored yet. `hashAlg` == 0: no such log.
    struct Log {
        uint8 hashAlg;
        uint64 size;
        string origin;
    }

    /// @notice Who registers logs and submitters. He cannot anchor unless he is also a submitter, which an event shows.
    address public admin; // slot 0
    /// @notice Named by the admin, not yet accepted. Two steps, so that a mistyped address does not orphan the registry.
    address public pendingAdmin; // slot 1
    /// @notice Registries that may anchor and record evidence.
    mapping(address account => bool allowed) public isSubmitter; // slot 2
    /// @dev By origin id = SHA-256 of the origin's UTF-8 bytes.
    mapping(bytes32 originId => Log log) private _logs; // slot 3
    /// @notice The root anchored at exactly that size; zero if none was. Written once, never changed.
    mapping(bytes32 originId => mapping(uint64 size => bytes32 root)) public rootAt; // slot 4
    /// @notice Block in which evidence was recorded; zero if it was not. Key: see `recordFork`.
    mapping(bytes32 originId => mapping(bytes32 evidence => uint256 blockNumber)) public forkRecordedAt; // slot 5

    /// @notice Bounds on what is stored or emitted for good. C2SP checkpoints with dozens of witness lines fit.
    uint256 public constant MAX_ORIGIN_BYTES = 255;
    uint256 public constant MAX_NOTE_BYTES = 16384;

    event AdminTransferStarted(address indexed admin, address indexed pendingAdmin);
    event AdminTransferred(address indexed previousAdmin, address indexed admin);
    event SubmitterChanged(address indexed submitter, bool allowed);
    event LogRegistered(bytes32 indexed originId, uint8 hashAlg, string origin);
    /// @notice A head moved. `noteHash` = SHA-256 of the signed checkpoint note that the submitter acted upon.
    event Anchored(
        bytes32 indexed originId, uint64 indexed size, bytes32 root, bytes32 noteHash, address submitter
    );
    /// @notice Somebody holds two notes that he says contradict each other. The notes are here in full, so that whoever
    ///         reads the chain can check the signatures; the contract has not.
    event ForkRecorded(
        bytes32 indexed originId, bytes32 indexed evidence, address submitter, bytes noteA, bytes noteB
    );

    error NotAdmin(address caller);
    error NotPendingAdmin(address caller);
    error NotSubmitter(address caller);
    error ZeroAddress();
    error SubmitterUnchanged(address submitter);
    error BadOrigin();
    error BadHashAlgorithm(uint8 hashAlg);
    error LogAlreadyRegistered(bytes32 originId);
    error UnknownLog(bytes32 originId);
    /// @notice 0, or above 2^63 - 1, the largest tree that the verifiers and the databases can count.
    error BadSize(uint64 size);
    error ZeroRoot();
    error ZeroNoteHash();
    /// @notice This very head is anchored already; nothing to do. Ask `rootAt` first.
    error AlreadyAnchored(bytes32 originId, uint64 size);
    /// @notice Another root is anchored at this size: one of the two is a fork.
    error RootConflict(uint64 size, bytes32 anchoredRoot);
    error SizeNotIncreasing(uint64 anchoredSize, uint64 size);
    /// @notice The first anchor of a log has nothing to be consistent with, so it takes no proof.
    error ProofNotEmpty();
    /// @notice The proof does not show that the new tree contains the old one.
    error InconsistentHistory(uint64 anchoredSize, uint64 size);
    error BadEvidence();

    modifier onlyAdmin() {
        if (msg.sender != admin) revert NotAdmin(msg.sender);
        _;
    }

    modifier onlySubmitter() {
        if (!isSubmitter[msg.sender]) revert NotSubmitter(msg.sender);
        _;
    }

    /// @param admin_ first admin; an argument, not the deployer, so that a deployment key need not be kept
    constructor(address admin_) {
        if (admin_ == address(0)) revert ZeroAddress();
        admin = admin_;
        emit AdminTransferred(address(0), admin_);
    }

    // ------------------------------------------------------------------------------------------------ administration

    /// @notice Offer the office to another address; it changes hands when that address accepts. Zero withdraws the offer.
    function transferAdmin(address to) external onlyAdmin {
        pendingAdmin = to;
        emit AdminTransferStarted(msg.sender, to);
    }

    /// @notice Take the offered office.
    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotPendingAdmin(msg.sender);
        address previous = admin;
        admin = msg.sender;
        pendingAdmin = address(0);
        emit AdminTransferred(previous, msg.sender);
    }

    /// @notice Let a registry anchor.
    function addSubmitter(address account) external onlyAdmin {
        _setSubmitter(account, true);
    }

    /// @notice Stop a registry, for instance because its key leaked. What it anchored stays: it was consistent.
    function removeSubmitter(address account) external onlyAdmin {
        _setSubmitter(account, false);
    }

    /// @notice Bind an origin to a hash, for good.
    /// @dev Only the admin: the binding is first come and cannot be undone, so a submitter could otherwise squat another
    ///      registry's origin under the wrong hash (docs/adr/0003).
    /// @param origin C2SP checkpoint origin, 1 to 255 bytes, no spaces or control characters: "log.example/x" and
    ///        "log.example/x\n" would read alike and be two logs
    /// @param hashAlg 1 SHA-256, 2 SM3
    function registerLog(string calldata origin, uint8 hashAlg) external onlyAdmin {
        if (hashAlg != ConsistencyProof.HASH_SHA256 && hashAlg != ConsistencyProof.HASH_SM3) {
            revert BadHashAlgorithm(hashAlg);
        }
        bytes calldata raw = bytes(origin);
        if (raw.length == 0 || raw.length > MAX_ORIGIN_BYTES) revert BadOrigin();
        for (uint256 i = 0; i < raw.length; ++i) {
            if (uint8(raw[i]) <= 0x20 || uint8(raw[i]) == 0x7f) revert BadOrigin();
        }
        bytes32 originId = sha256(raw);
        Log storage log = _logs[originId];
        if (log.hashAlg != 0) revert LogAlreadyRegistered(originId);
        log.hashAlg = hashAlg;
        log.origin = origin;
        emit LogRegistered(originId, hashAlg, origin);
    }

    // ------------------------------------------------------------------------------------------------------ anchoring

    /// @notice Move a log's head to a larger tree, if the proof shows that it contains the present one.
    /// @dev Any submitter, not only the log's operator: if the operator stalls, another registry that holds its signed
    ///      checkpoint can anchor it. Anchoring a head a second time reverts with `AlreadyAnchored`; it is not a silent
    ///      success, so that a successful receipt always is the transaction that moved the head and carries `Anchored`.
    /// @param originId SHA-256 of the origin
    /// @param size entries in the new tree
    /// @param root root of the new tree
    /// @param noteHash SHA-256 of the signed checkpoint note with this size and root
    /// @param proof RFC 9162 §2.1.4 consistency proof from the anchored size; empty for the first anchor
    function anchor(bytes32 originId, uint64 size, bytes32 root, bytes32 noteHash, bytes32[] calldata proof)
        external
        onlySubmitter
    {
        Log storage log = _logs[originId];
        uint8 hashAlg = log.hashAlg;
        uint64 oldSize = log.size;
        if (hashAlg == 0) revert UnknownLog(originId);
        if (size == 0 || size > ConsistencyProof.MAX_SIZE) revert BadSize(size);
        if (root == 0) revert ZeroRoot();
        if (noteHash == 0) revert ZeroNoteHash();
        if (size <= oldSize) _refuseOld(originId, oldSize, size, root);
        if (oldSize == 0) {
            if (proof.length != 0) revert ProofNotEmpty();
        } else if (!ConsistencyProof.verify(hashAlg, oldSize, rootAt[originId][oldSize], size, root, proof)) {
            revert InconsistentHistory(oldSize, size);
        }
        log.size = size;
        rootAt[originId][size] = root;
        emit Anchored(originId, size, root, noteHash, msg.sender);
    }

    /// @notice Put evidence on record that two signed notes of a log contradict each other. Changes no head.
    /// @dev The contract cannot judge it (no SM2 here); recording is a submitter's statement, and the event carries both
    ///      notes for those who can. The key does not depend on the order of the two, so a pair is recorded once.
    /// @return evidence SHA-256 over the two notes' SHA-256 hashes, smaller first
    function recordFork(bytes32 originId, bytes calldata noteA, bytes calldata noteB)
        external
        onlySubmitter
        returns (bytes32 evidence)
    {
        if (_logs[originId].hashAlg == 0) revert UnknownLog(originId);
        if (noteA.length == 0 || noteA.length > MAX_NOTE_BYTES) revert BadEvidence();
        if (noteB.length == 0 || noteB.length > MAX_NOTE_BYTES) revert BadEvidence();
        bytes32 a = sha256(noteA);
        bytes32 b = sha256(noteB);
        if (a == b) revert BadEvidence();
        evidence = sha256(a < b ? abi.encodePacked(a, b) : abi.encodePacked(b, a));
        if (forkRecordedAt[originId][evidence] != 0) revert BadEvidence();
        forkRecordedAt[originId][evidence] = block.number;
        emit ForkRecorded(originId, evidence, msg.sender, noteA, noteB);
    }

    // -------------------------------------------------------------------------------------------------------- reading

    /// @notice The largest anchored tree; (0, 0) for a log that is unknown or has no anchor yet.
    function head(bytes32 originId) external view returns (uint64 size, bytes32 root) {
        size = _logs[originId].size;
        root = rootAt[originId][size];
    }

    /// @notice What is known about a log; hashAlg 0 means it is not registered.
    function logInfo(bytes32 originId) external view returns (uint8 hashAlg, uint64 size, string memory origin) {
        Log storage log = _logs[originId];
        return (log.hashAlg, log.size, log.origin);
    }

    /// @notice The check that `anchor` makes, for anybody, without a transaction.
    /// @dev False for oldSize 0: an empty tree proves nothing.
    function verifyConsistency(
        uint8 hashAlg,
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) external view returns (bool) {
        if (hashAlg != ConsistencyProof.HASH_SHA256 && hashAlg != ConsistencyProof.HASH_SM3) {
            revert BadHashAlgorithm(hashAlg);
        }
        return ConsistencyProof.verify(hashAlg, oldSize, oldRoot, newSize, newRoot, proof);
    }

    // ------------------------------------------------------------------------------------------------------- internal

    /// @dev Names why a size that is not larger than the head is refused. Always reverts.
    function _refuseOld(bytes32 originId, uint64 oldSize, uint64 size, bytes32 root) private view {
        bytes32 anchored = rootAt[originId][size];
        if (anchored == root) revert AlreadyAnchored(originId, size);
        if (anchored != 0) revert RootConflict(size, anchored);
        revert SizeNotIncreasing(oldSize, size);
    }

    /// @dev Reverts when nothing would change, so that every successful call has its event.
    function _setSubmitter(address account, bool allowed) private {
        if (account == address(0)) revert ZeroAddress();
        if (isSubmitter[account] == allowed) revert SubmitterUnchanged(account);
        isSubmitter[account] = allowed;
        emit SubmitterChanged(account, allowed);
    }
}
