// The rules of policies, each where it triggers and where it does not.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { policy } from './policies.mjs'

const listed = '0x00000000000000000000000000000000DeaDBeef'
const other = '0x000000000000000000000000000000000000bEEF'
const never = { skipUnscreenableTransaction: false, skipUnsupportedNetwork: false, skipUnsupportedAsset: false }
const categories = { categoryIds: [] }

// Each rule, with a payment that triggers it and one that does not. An ether is worth 3,000 dollars.
const cases = [
  ['TransactionRecipientWhitelist', { addresses: [listed] }, { to: other }, { to: listed }],
  ['TransactionAmountLimit', { limit: 3, currency: 'USD' }, { amount: '2000000000000000' }, { amount: '500000000000000' }],
  ['TransactionAmountVelocity', { limit: 6, currency: 'USD', timeframe: 60 }, { amount: '2500000000000000' }, { amount: '1000' }],
  ['TransactionAmountLimitNominal', { assets: [{ network: 'EthereumSepolia', tid: 'native:eth', limit: '10' }] }, { amount: '11' }, { amount: '10' }],
  ['ChainalysisTransactionPrescreening', { alerts: { alertLevel: 'MEDIUM', ...categories }, exposures: { direct: categories }, addresses: categories,
    fallbackBehaviours: { ...never, skipChainalysisFailure: false } }, { to: other }, { to: listed }],
  ['GlobalLedgerTransactionPrescreening', { riskScoreThreshold: 50, fallbackBehaviours: { ...never, skipGlobalLedgerFailure: false } }, { to: other }, { to: listed }],
  ['TransactionCountVelocity', { limit: 2, timeframe: 60 }, {}, {}],
]

export default async function ({ admin, alice, env, version }) {
  fs.writeFileSync(path.join(env.dir, 'verdicts.json'), JSON.stringify({ addresses: { [other]: {
    chainalysis: { alerts: [{ level: 'HIGH', categoryId: 3 }] }, globalLedger: { riskScore: 80 } } } }))
  for (const [kind, configuration, triggering, passing] of cases) {
    const rule = { kind, configuration }
    const { id: walletId } = await admin.does('wallets.createWallet', { body: { network: 'EthereumSepolia', name: kind } })
    const { id: policyId } = await admin.does('policies.createPolicy', { body: policy({ name: kind, rule, filters: { walletId: { in: [walletId] } } }) })
    const pays = (terms) => admin.does('wallets.transferAsset', { walletId, body: { kind: 'Native', to: listed, amount: '1', ...terms } })
    assert.equal((await pays(passing)).approvalId, undefined, `${kind} does not trigger`)
    if (kind === 'TransactionCountVelocity') await pays(passing)
    const x = await pays(triggering)
    assert.equal(x.status, 'Pending', `${kind} triggers`)
    const approval = await admin.does('policies.getApproval', { approvalId: x.approvalId })
    assert.deepEqual(approval.policyEvaluations.map((e) => [e.policyId, e.triggered]), [[policyId, true]])
    await alice.does('policies.createApprovalDecision', { approvalId: x.approvalId, body: { value: 'Denied' } })
    await admin.does('policies.archivePolicy', { policyId })
  }
  const refuses = (rule) => admin.isRefused(400, 'policies.createPolicy', { body: policy({ rule }) })
  await refuses({ kind: 'TransactionAmountLimit', configuration: { limit: 1, currency: 'EUR' } })
  await refuses({ kind: 'TransactionCountVelocity', configuration: { limit: 1, timeframe: 43201 } })
  await refuses({ kind: 'TransactionRecipientWhitelist' })
}
