// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// Contracts with effects to simulate: honest tokens, tokens that are not, and an actor
// that calls in every way. For tests only.

/// An ERC-20 of which anyone may mint. Its manner says how it lies.
contract Coin {
    enum Manner { Honest, Fee, Liar, Silent }

    Manner immutable manner;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor(Manner manner_) { manner = manner_; }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, manner == Manner.Liar ? 1 : amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) { return move(msg.sender, to, amount); }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return move(from, to, amount);
    }

    function move(address from, address to, uint256 amount) private returns (bool) {
        require(balanceOf[from] >= amount, "not that much");
        balanceOf[from] -= amount;
        balanceOf[to] += manner == Manner.Fee ? amount - amount / 100 : amount;
        if (manner != Manner.Silent) emit Transfer(from, to, manner == Manner.Liar ? amount * 10 : amount);
        return true;
    }
}

/// WETH9 in what it logs: a deposit and a withdrawal are no Transfer.
contract Wrapper {
    mapping(address => uint256) public balanceOf;

    event Deposit(address indexed dst, uint256 wad);
    event Withdrawal(address indexed src, uint256 wad);

    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    function withdraw(uint256 wad) external {
        balanceOf[msg.sender] -= wad;
        payable(msg.sender).transfer(wad);
        emit Withdrawal(msg.sender, wad);
    }
}

/// An ERC-721 and an ERC-1155 in one, told apart by their functions.
contract Collection {
    mapping(uint256 => address) owners;
    mapping(uint256 => address) public getApproved;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    mapping(address => mapping(uint256 => uint256)) held;

    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event Approval(address indexed owner, address indexed approved, uint256 indexed id);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);
    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value);
    event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values);

    function ownerOf(uint256 id) external view returns (address) {
        require(owners[id] != address(0), "nobody's");
        return owners[id];
    }

    function balanceOf(address account, uint256 id) external view returns (uint256) { return held[account][id]; }

    function mint(address to, uint256 id) external {
        owners[id] = to;
        emit Transfer(address(0), to, id);
    }

    function transferFrom(address from, address to, uint256 id) external {
        require(owners[id] == from, "not the owner's");
        owners[id] = to;
        delete getApproved[id];
        emit Transfer(from, to, id);
    }

    function approve(address spender, uint256 id) external {
        getApproved[id] = spender;
        emit Approval(msg.sender, spender, id);
    }

    function setApprovalForAll(address operator, bool approved) external {
        isApprovedForAll[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    function mintOne(address to, uint256 id, uint256 value) external {
        held[to][id] += value;
        emit TransferSingle(msg.sender, address(0), to, id, value);
    }

    function mintBatch(address to, uint256[] calldata ids, uint256[] calldata values) external {
        for (uint256 i = 0; i < ids.length; i++) held[to][ids[i]] += values[i];
        emit TransferBatch(msg.sender, address(0), to, ids, values);
    }
}

/// Gives what it has to whom it is told, and is gone.
contract Heir {
    constructor(address payable to) payable { selfdestruct(to); }
}

/// Calls in every way.
contract Actor {
    event Before();
    event After();
    error Custom(uint256 code, address who);

    receive() external payable {}

    function pay(address payable to) public payable { to.transfer(msg.value); }

    /// Logs around an inner call that logs as well.
    function around(Coin coin, address to, uint256 amount) external {
        emit Before();
        coin.mint(to, amount);
        emit After();
    }

    /// Pays and mints inside a call that reverts, and goes on.
    function caught(Coin coin, address payable to) external payable {
        try this.regretted{value: msg.value}(coin, to) {} catch {}
        emit After();
    }

    function regretted(Coin coin, address payable to) external payable {
        coin.mint(to, 5);
        to.transfer(msg.value);
        revert("regretted");
    }

    /// Runs code of elsewhere here, with the value that it has been sent.
    function delegated(address code, bytes calldata data) external payable {
        (bool ok,) = code.delegatecall(data);
        require(ok);
    }

    function heir(address payable to) external payable { new Heir{value: msg.value}(to); }

    function batch(address[] calldata targets, bytes[] calldata datas) external {
        for (uint256 i = 0; i < targets.length; i++) {
            (bool ok,) = targets[i].call(datas[i]);
            require(ok);
        }
    }

    function loops(uint256 logs) external { for (uint256 i = 0; i < logs; i++) emit Before(); }

    function panics(uint256 by) external pure returns (uint256) { return 1 / by; }
    function says() external pure { revert("closed"); }
    function custom() external view { revert Custom(7, msg.sender); }
    function silent() external pure { revert(); }
    function halts() external pure { assembly { invalid() } }
}
