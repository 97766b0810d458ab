// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SM3} from "../SM3.sol";

/// @title What the tests call: the SM3 library with nothing around it. Never deployed on a real chain.
contract SM3Harness {
    /// @notice SM3 of any byte string.
    function hash(bytes memory data) external pure returns (bytes32) {
        return SM3.hash(SM3.workspace(), data);
    }

    /// @notice SM3(0x01 || left || right).
    function node(bytes32 left, bytes32 right) external pure returns (bytes32) {
        return SM3.node(SM3.workspace(), left, right);
    }

    /// @notice Gas of one node hash, workspace not counted: what one more proof node costs.
    function nodeGas(bytes32 left, bytes32 right) external view returns (bytes32 digest, uint256 used) {
        SM3.Workspace ws = SM3.workspace();
        uint256 before = gasleft();
        digest = SM3.node(ws, left, right);
        used = before - gasleft();
    }
}
