// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What a Proxy may stand for: a counter that goes up by one.
contract CounterV1 {
    uint256 public count;

    event Counted(uint256 count);

    function version() external pure returns (uint256) {
        return 1;
    }

    function increment() external {
        emit Counted(++count);
    }
}
