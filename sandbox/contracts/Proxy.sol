// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A proxy whose admin can replace what is behind it, with the slots of EIP-1967.
/// @notice The admin's calls of upgradeTo and upgradeToAndCall stay with the proxy; all
/// else, the admin's too, goes to the implementation.
contract Proxy {
    // keccak256("eip1967.proxy.implementation") - 1 and keccak256("eip1967.proxy.admin") - 1.
    bytes32 private constant IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    bytes32 private constant ADMIN = 0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103;

    event Upgraded(address indexed implementation);
    event AdminChanged(address previousAdmin, address newAdmin);

    constructor(address implementation, address admin, bytes memory data) payable {
        assembly {
            sstore(ADMIN, admin)
        }
        emit AdminChanged(address(0), admin);
        _upgrade(implementation, data);
    }

    function upgradeTo(address implementation) external {
        if (msg.sender == _load(ADMIN)) _upgrade(implementation, "");
        else _forward();
    }

    function upgradeToAndCall(address implementation, bytes calldata data) external payable {
        if (msg.sender == _load(ADMIN)) _upgrade(implementation, data);
        else _forward();
    }

    fallback() external payable {
        _forward();
    }

    receive() external payable {
        _forward();
    }

    function _upgrade(address implementation, bytes memory data) private {
        require(implementation.code.length > 0, "implementation has no code");
        assembly {
            sstore(IMPLEMENTATION, implementation)
        }
        emit Upgraded(implementation);
        if (data.length > 0) {
            (bool success,) = implementation.delegatecall(data);
            require(success, "initialising failed");
        }
    }

    function _load(bytes32 slot) private view returns (address value) {
        assembly {
            value := sload(slot)
        }
    }

    function _forward() private {
        address implementation = _load(IMPLEMENTATION);
        assembly {
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), implementation, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch success
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}
