// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Transfers by an owner's signature, with the ABI and EIP-712 types of Permit2's
/// SignatureTransfer.
/// @notice An owner approves this contract once for a token; after that whoever holds a
/// signature for him as spender may take, once and until the deadline, up to the signed
/// amount. Single transfers by key signatures only: no batches, witnesses, allowances or
/// EIP-1271.
contract Permit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    bytes32 private constant TOKEN_TYPEHASH = keccak256("TokenPermissions(address token,uint256 amount)");
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
    );

    /// @notice The spent nonces of an owner: bit n & 255 of word n >> 8.
    mapping(address => mapping(uint256 => uint256)) public nonceBitmap;

    event UnorderedNonceInvalidation(address indexed owner, uint256 word, uint256 mask);

    error InvalidAmount(uint256 maxAmount);
    error InvalidNonce();
    error InvalidSigner();
    error InvalidSignatureLength();
    error SignatureExpired(uint256 signatureDeadline);

    function permitTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        if (block.timestamp > permit.deadline) revert SignatureExpired(permit.deadline);
        if (transferDetails.requestedAmount > permit.permitted.amount) revert InvalidAmount(permit.permitted.amount);
        _spend(owner, permit.nonce);
        bytes32 token = keccak256(abi.encode(TOKEN_TYPEHASH, permit.permitted.token, permit.permitted.amount));
        bytes32 struct_ = keccak256(abi.encode(PERMIT_TYPEHASH, token, msg.sender, permit.nonce, permit.deadline));
        _check(owner, keccak256(abi.encodePacked(bytes2(0x1901), DOMAIN_SEPARATOR(), struct_)), signature);
        _take(permit.permitted.token, owner, transferDetails.to, transferDetails.requestedAmount);
    }

    /// @notice Spends nonces of the caller's, so that what he signed with them is void.
    function invalidateUnorderedNonces(uint256 wordPos, uint256 mask) external {
        nonceBitmap[msg.sender][wordPos] |= mask;
        emit UnorderedNonceInvalidation(msg.sender, wordPos, mask);
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Permit2"), block.chainid, address(this)));
    }

    function _spend(address owner, uint256 nonce) private {
        uint256 bit = 1 << (nonce & 255);
        uint256 word = nonceBitmap[owner][nonce >> 8];
        if (word & bit != 0) revert InvalidNonce();
        nonceBitmap[owner][nonce >> 8] = word | bit;
    }

    function _check(address owner, bytes32 hash, bytes calldata signature) private pure {
        if (signature.length != 65) revert InvalidSignatureLength();
        address signer = ecrecover(
            hash, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        if (signer == address(0) || signer != owner) revert InvalidSigner();
    }

    /// Takes a token that returns true, or nothing.
    function _take(address token, address from, address to, uint256 amount) private {
        (bool success, bytes memory out) =
            token.call(abi.encodeWithSignature("transferFrom(address,address,uint256)", from, to, amount));
        require(success && (out.length == 0 || abi.decode(out, (bool))), "TRANSFER_FROM_FAILED");
    }
}
