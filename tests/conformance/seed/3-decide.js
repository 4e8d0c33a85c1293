// On 'policy.approval.pending' — your handler runs
async function onApprovalPending(event) {
  const approval = await dfnsApi.policies.getApproval({ approvalId: event.approvalId });
  const { to, data } = approval.activity.transactionRequest.requestBody;

  // Always validate the contract is in your allowlist BEFORE decoding
  if (!CONTRACT_ALLOWLIST.has(to.toLowerCase())) {
    return abstain(approval.id);  // human reviews, don't auto-reject
  }

  const decoded = decodeFunctionData({ abi, data });

  if (decoded.functionName === "mint") {
    const [recipient, amount] = decoded.args;
    const sanctionsHit  = await sanctions.check(recipient);           // any API
    const dailyMinted   = await ledger.getMintedToday(approval.activity.walletId);

    if (sanctionsHit)                          return reject(approval.id, "Sanctions match");
    if (amount > MAX_PER_TX)                   return abstain(approval.id);  // escalate
    if (dailyMinted + amount > DAILY_CAP)      return abstain(approval.id);

    return approve(approval.id, "Mint within policy");
  }

  return abstain(approval.id);  // unknown function, human decides
}
