// Every decision is signed and queryable
const decisions = await dfnsApi.policies.listApprovalDecisions({
  query: {
    approverId: "sa-settlement-checker-prod-...",
    dateFrom: "2026-05-01",
    dateTo: "2026-05-31"
  }
});

// decisions.items[i] — id, approvalId, decision, reason, signature, timestamp
// Pipe to your audit warehouse, your SIEM, your monthly compliance report
// Verify signatures end to end if you need to prove provenance independently
