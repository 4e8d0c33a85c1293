// Canton validators, offers and activation: what the sandbox's networks make of them; and a
// user who must use single sign-on.
import assert from 'node:assert/strict'

import { keyPair } from '../suite.mjs'

export default async function ({ admin, env }) {
  await validators(admin)
  await offers(admin, env.admin.DFNS_WALLET_ID)
  await signOn(admin)
}

async function validators(admin) {
  const network = 'canton-testnet'
  const oauth2 = { domain: 'https://id.example.com', audience: 'https://canton.network.global', clientId: 'client', clientSecret: 'hush' }
  const node = { url: 'https://canton.example.com', oauth2 }
  await admin.does('networks.createCantonValidator', { network, body: { kind: 'Shared', name: 'ours' } })
  const { id: validatorId, ...made } = await admin.does('networks.createCantonValidator', { network, body: { kind: 'Custom', validator: node, ledger: node } })
  assert.ok(!JSON.stringify(made).includes('hush'))
  const page = await admin.does('networks.listCantonValidators', { network, query: { limit: 1 } })
  await admin.does('networks.listCantonValidators', { network, query: { limit: 1, paginationToken: page.nextPageToken } })
  assert.equal((await admin.does('networks.updateCantonValidator', { network, validatorId, body: { name: 'theirs' } })).name, 'theirs')
  await admin.does('networks.getCantonValidator', { network, validatorId })
  await admin.does('networks.deleteCantonValidator', { network, validatorId })
  await admin.isRefused(404, 'networks.getCantonValidator', { network, validatorId })
  await admin.isRefused(400, 'networks.createCantonValidator', { network, body: { kind: 'Custom', validator: node } })
  await admin.isRefused(400, 'networks.listCantonValidators', { network: 'ethereum' })
}

async function offers(admin, walletId) {
  assert.deepEqual(await admin.does('wallets.listOffers', { walletId }), { items: [] })
  const offerId = 'offer-00000-00000-0000000000000000'
  for (const call of ['getOffer', 'acceptOffer', 'rejectOffer']) await admin.isRefused(404, `wallets.${call}`, { walletId, offerId })
  await admin.isRefused(400, 'wallets.activateWallet', { walletId, body: {} })
}

async function signOn(admin) {
  const { userId, username, orgId } = await admin.does('auth.createUser', { body: { email: 'jane@example.com', kind: 'CustomerEmployee', publicKey: keyPair().publicKey } })
  assert.equal((await admin.does('auth.updateUser', { userId, body: { isSSORequired: true } })).isSSORequired, true)
  await admin.isRefused(403, 'auth.createLoginChallenge', { body: { username, orgId } })
  await admin.isRefused(400, 'auth.updateUser', { userId, body: {} })
}
