// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Test USD, the sandbox's 6-decimal ERC-20.
/// @notice One address, the minter, may mint and pause. There is no owner
/// beyond that, no upgrade and no fee: a transfer moves what it says.
contract TestUSD {
    string public constant name = "Test USD";
    string public constant symbol = "TUSD";
    uint8 public constant decimals = 6;

    address public immutable minter;
    bool public paused;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Paused(address indexed by);
    event Unpaused(address indexed by);

    error NotMinter(address caller);
    error IsPaused();
    error ZeroAddress();
    error InsufficientBalance(address account, uint256 balance, uint256 needed);
    error InsufficientAllowance(address spender, uint256 allowed, uint256 needed);

    modifier onlyMinter() {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _;
    }

    constructor(address minter_) {
        if (minter_ == address(0)) revert ZeroAddress();
        minter = minter_;
    }

    /// @notice Creates `amount` at `to`. Minter only.
    function mint(address to, uint256 amount) external onlyMinter returns (bool) {
        _move(address(0), to, amount);
        return true;
    }

    /// @notice Destroys `amount` of the caller's own balance.
    function burn(uint256 amount) external returns (bool) {
        _move(msg.sender, address(0), amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (to == address(0)) revert ZeroAddress();
        _move(msg.sender, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (to == address(0)) revert ZeroAddress();
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < amount) revert InsufficientAllowance(msg.sender, allowed, amount);
            allowance[from][msg.sender] = allowed - amount;
        }
        _move(from, to, amount);
        return true;
    }

    /// @notice Stops every movement, mint and burn. Minter only.
    function pause() external onlyMinter {
        paused = true;
        emit Paused(msg.sender);
    }

    /// @notice Ends a pause. Minter only.
    function unpause() external onlyMinter {
        paused = false;
        emit Unpaused(msg.sender);
    }

    /// Mints when `from` is zero and burns when `to` is; checked arithmetic
    /// guards the supply.
    function _move(address from, address to, uint256 amount) private {
        if (paused) revert IsPaused();
        if (from == address(0)) {
            if (to == address(0)) revert ZeroAddress();
            totalSupply += amount;
        } else {
            uint256 balance = balanceOf[from];
            if (balance < amount) revert InsufficientBalance(from, balance, amount);
            unchecked {
                balanceOf[from] = balance - amount;
            }
        }
        if (to == address(0)) {
            unchecked {
                totalSupply -= amount;
            }
        } else {
            unchecked {
                balanceOf[to] += amount;
            }
        }
        emit Transfer(from, to, amount);
    }
}
