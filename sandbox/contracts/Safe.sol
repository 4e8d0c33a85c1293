// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A wallet of several owners, with the ABI and EIP-712 types of Safe v1.4.
/// @notice Only what a test of signatures and batches needs: owners and threshold are set
/// at creation and change by a call of the wallet to itself. There are no modules, guards,
/// fallback handlers or gas refunds; gasPrice must be 0. Signatures by contracts (EIP-1271)
/// are refused.
contract Safe {
    string public constant VERSION = "1.4.1";

    bytes32 private constant DOMAIN_TYPEHASH = keccak256("EIP712Domain(uint256 chainId,address verifyingContract)");
    bytes32 private constant SAFE_TX_TYPEHASH = keccak256(
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
    );

    // A delegate call writes here, so the layout is part of what a batch must respect.
    address[] private owners;
    mapping(address => bool) public isOwner;
    uint256 private threshold;
    uint256 public nonce;
    mapping(address => mapping(bytes32 => uint256)) public approvedHashes;

    event SafeReceived(address indexed sender, uint256 value);
    event ApproveHash(bytes32 indexed approvedHash, address indexed owner);
    event ExecutionSuccess(bytes32 indexed txHash, uint256 payment);
    event ExecutionFailure(bytes32 indexed txHash, uint256 payment);
    event AddedOwner(address indexed owner);
    event ChangedThreshold(uint256 threshold);

    constructor(address[] memory owners_, uint256 threshold_) {
        for (uint256 i; i < owners_.length; ++i) {
            _add(owners_[i]);
        }
        _setThreshold(threshold_);
    }

    receive() external payable {
        emit SafeReceived(msg.sender, msg.value);
    }

    modifier authorized() {
        require(msg.sender == address(this), "GS031");
        _;
    }

    function execTransaction(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address payable refundReceiver,
        bytes memory signatures
    ) external payable returns (bool success) {
        require(gasPrice == 0, "no gas refunds in the sandbox");
        bytes32 hash = getTransactionHash(
            to, value, data, operation, safeTxGas, baseGas, gasPrice, gasToken, refundReceiver, nonce++
        );
        checkSignatures(hash, "", signatures);
        uint256 gasAllowed = safeTxGas == 0 ? gasleft() : safeTxGas;
        if (operation == 0) {
            (success,) = to.call{value: value, gas: gasAllowed}(data);
        } else if (operation == 1) {
            (success,) = to.delegatecall{gas: gasAllowed}(data);
        } else {
            revert("operation must be 0 or 1");
        }
        // As in the original: without a gas limit of its own a failure reverts it all.
        require(success || safeTxGas != 0, "GS013");
        if (success) emit ExecutionSuccess(hash, 0);
        else emit ExecutionFailure(hash, 0);
    }

    /// @notice Agrees to a transaction on the chain instead of by signature.
    function approveHash(bytes32 hash) external {
        require(isOwner[msg.sender], "GS030");
        approvedHashes[msg.sender][hash] = 1;
        emit ApproveHash(hash, msg.sender);
    }

    /// @notice Requires signatures of `threshold` owners, in ascending order of address.
    function checkSignatures(bytes32 hash, bytes memory, bytes memory signatures) public view {
        require(signatures.length >= threshold * 65, "GS020");
        address last;
        for (uint256 i; i < threshold; ++i) {
            address signer = _signer(hash, signatures, i);
            require(signer > last && isOwner[signer], "GS026");
            last = signer;
        }
    }

    function _signer(bytes32 hash, bytes memory signatures, uint256 i) private view returns (address signer) {
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly {
            let place := add(signatures, add(0x20, mul(i, 65)))
            r := mload(place)
            s := mload(add(place, 32))
            v := byte(0, mload(add(place, 64)))
        }
        require(v != 0, "no contract signatures in the sandbox");
        if (v == 1) {
            signer = address(uint160(uint256(r)));
            require(msg.sender == signer || approvedHashes[signer][hash] != 0, "GS025");
        } else if (v > 30) {
            signer = ecrecover(keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", hash)), v - 4, r, s);
        } else {
            signer = ecrecover(hash, v, r, s);
        }
    }

    function getTransactionHash(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address refundReceiver,
        uint256 nonce_
    ) public view returns (bytes32) {
        bytes memory head = abi.encode(SAFE_TX_TYPEHASH, to, value, keccak256(data), operation);
        bytes memory tail = abi.encode(safeTxGas, baseGas, gasPrice, gasToken, refundReceiver, nonce_);
        bytes32 struct_ = keccak256(bytes.concat(head, tail));
        return keccak256(abi.encodePacked(bytes2(0x1901), domainSeparator(), struct_));
    }

    function domainSeparator() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, block.chainid, address(this)));
    }

    function getOwners() external view returns (address[] memory) {
        return owners;
    }

    function getThreshold() external view returns (uint256) {
        return threshold;
    }

    function addOwnerWithThreshold(address owner, uint256 threshold_) external authorized {
        _add(owner);
        _setThreshold(threshold_);
    }

    function changeThreshold(uint256 threshold_) external authorized {
        _setThreshold(threshold_);
    }

    function _add(address owner) private {
        require(owner != address(0) && owner != address(1) && owner != address(this), "GS203");
        require(!isOwner[owner], "GS204");
        isOwner[owner] = true;
        owners.push(owner);
        emit AddedOwner(owner);
    }

    function _setThreshold(uint256 threshold_) private {
        require(threshold_ >= 1, "GS202");
        require(threshold_ <= owners.length, "GS201");
        threshold = threshold_;
        emit ChangedThreshold(threshold_);
    }
}
