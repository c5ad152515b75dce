// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

/// Makes a commitment public at the time of its block. It keeps no state, has no owner and takes
/// no money; anyone may call it, so the event names who did.
contract Anchor {
    event Anchored(bytes32 indexed commitment, address indexed sender);

    function anchor(bytes32 commitment) external {
        emit Anchored(commitment, msg.sender);
    }
}
