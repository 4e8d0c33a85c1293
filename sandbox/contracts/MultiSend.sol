// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A batch for a Safe, in the packed format of Safe's MultiSend.
/// @notice To be called by delegate call, so that every part comes from the Safe. A part is
/// operation (1 byte: 0 call, 1 delegate call), to (20), value (32), length (32), data. One
/// part that fails reverts them all.
contract MultiSend {
    address private immutable self = address(this);

    function multiSend(bytes memory transactions) external payable {
        require(address(this) != self, "MultiSend should only be called via delegatecall");
        uint256 offset;
        while (offset < transactions.length) {
            uint8 operation;
            address to;
            uint256 value;
            uint256 length;
            bool success;
            assembly {
                let part := add(add(transactions, 0x20), offset)
                operation := byte(0, mload(part))
                to := shr(96, mload(add(part, 1)))
                value := mload(add(part, 21))
                length := mload(add(part, 53))
                let data := add(part, 85)
                switch operation
                case 0 { success := call(gas(), to, value, data, length, 0, 0) }
                case 1 { success := delegatecall(gas(), to, data, length, 0, 0) }
            }
            require(success, "a part of the batch failed");
            offset += 85 + length;
        }
    }
}
