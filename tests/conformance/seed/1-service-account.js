// Create a scoped service account for your settlement workflow
const checker = await dfnsApi.auth.createServiceAccount({
  body: {
    name: "settlement-checker-prod",
    publicKey: "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----",
    permissionId: "pm-settlement-checker-v1",  // approve-only, no broadcast
    daysValid: 365
  }
});

// checker.id, checker.accessToken — credentials go to your secret store
// This identity can read pending approvals and post decisions. Nothing else.
