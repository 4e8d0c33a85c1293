// The limit of requests, and what a caller is told when it is reached.
import assert from 'node:assert/strict'

export default async function ({ admin }) {
  const list = () => admin.client.webhooks.listWebhooks({})
  let allowed = 0
  for (; allowed <= 20; allowed++) {
    const ok = await list().then(() => true, (err) => assert.equal(err.httpStatus, 429))
    if (!ok) break
  }
  assert.equal(allowed, 20, 'as many as --rate-limit says')
  await admin.isRefused(429, 'webhooks.listWebhooks', {})
  const { response } = admin.suite.kept.at(-1)
  assert.deepEqual(Object.keys(response.headers).filter((h) => /^x-ratelimit|^retry/.test(h)),
    ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'])
  await admin.isRefused(429, 'webhooks.createWebhook', { body: {} }) // the challenge counts, too
}
