// React to every event that matters to settlement
await dfnsApi.webhooks.createWebhook({
  body: {
    url: "https://workflows.yourbank.com/dfns/events",
    events: [
      "policy.approval.pending",           // a transaction needs a decision
      "wallets.transfer.confirmed",        // settlement landed, post to ledger
      "wallets.transfer.failed",           // settlement failed, escalate
      "wallets.transaction.broadcasted"    // broadcast confirmed, update CRM
    ]
  }
});

// Webhooks are signed (verify the X-Dfns-Signature header) and idempotent
// Deduplicate on deliveryId — at-least-once, never less
