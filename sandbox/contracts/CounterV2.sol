// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What a Proxy of CounterV1 may be upgraded to: its counter goes up by ten.
contract CounterV2 {
    uint256 public count;

    event Counted(uint256 count);

    function version() external pure returns (uint256) {
        return 2;
    }

    function increment() external {
        count += 10;
        emit Counted(count);
    }
}
