// Keys beside the first: added by a signature, added by a code, switched off and on.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

import { keyPair } from '../suite.mjs'

export default async function ({ suite, admin, env }) {
  const alice = suite.actor(env.alice)
  const first = (await alice.does('auth.listCredentials')).items[0]
  for (const [type, options] of [['ed25519', {}], ['ec', { namedCurve: 'P-256' }], ['ec', { namedCurve: 'secp256k1' }], ['rsa', { modulusLength: 2048 }]]) {
    const key = keyPair(type, options)
    const name = options.namedCurve ?? type
    const body = answers(await alice.does('auth.createCredentialChallenge', { body: { kind: 'Key' } }), key, name)
    const made = await alice.does('auth.createCredential', { body })
    assert.deepEqual([made.kind, made.credentialId, made.publicKey], ['Key', name, key.publicKey])
    const self = suite.actor({ ...env.alice, DFNS_CRED_ID: name, DFNS_PRIVATE_KEY: key.privateKey })
    await self.does('auth.deactivateCredential', { body: { credentialUuid: made.credentialUuid } }) // its signature is taken
    await alice.does('auth.activateCredential', { body: { credentialUuid: made.credentialUuid } })
    await alice.isRefused(400, 'auth.createCredential', { body }) // the challenge is spent
  }
  assert.equal((await alice.does('auth.listCredentials')).items.length, 5)
  await refusals(suite, admin, env, first)
  await codes(suite, env)
}

async function refusals(suite, admin, env, first) {
  const alice = suite.actor(env.alice)
  const another = async (actor, spoil) => answers(await actor.does('auth.createCredentialChallenge', { body: { kind: 'Key' } }), keyPair(), 'x', spoil)
  await alice.isRefused(403, 'auth.createCredential', { body: await another(alice, (a) => ({ ...a, publicKey: keyPair().publicKey })) })
  await alice.isRefused(409, 'auth.createCredential', { body: { ...answers(await alice.does('auth.createCredentialChallenge', { body: { kind: 'Key' } }), keyPair(), 'ed25519') } })
  await admin.isRefused(400, 'auth.createCredential', { body: await another(alice) }) // the challenge was alice's
  await alice.isRefused(501, 'auth.createCredentialChallenge', { body: { kind: 'Fido2' } })
  await admin.isRefused(404, 'auth.deactivateCredential', { body: { credentialUuid: first.credentialUuid } })
  const [{ credentialUuid }] = (await admin.does('auth.listCredentials')).items
  await admin.isRefused(422, 'auth.deactivateCredential', { body: { credentialUuid } })
}

async function codes(suite, env) {
  const bob = suite.actor(env.bob)
  const nobody = suite.actor({ ...env.bob, DFNS_AUTH_TOKEN: 'none', DFNS_ORG_ID: undefined })
  const { code } = await bob.does('auth.createCredentialCode', { body: { expiration: 4102444800 } })
  const key = keyPair()
  const challenge = await nobody.does('auth.createCredentialChallengeWithCode', { body: { credentialKind: 'Key', code } })
  await nobody.isRefused(403, 'auth.createCredentialChallengeWithCode', { body: { credentialKind: 'Key', code } }) // once
  await nobody.does('auth.createCredentialWithCode', { body: answers(challenge, key, 'elsewhere') })
  await suite.actor({ ...env.bob, DFNS_CRED_ID: 'elsewhere', DFNS_PRIVATE_KEY: key.privateKey }).does('auth.createCredentialCode', { body: { expiration: '2100-01-01T00:00:00Z' } })
  await bob.isRefused(400, 'auth.createCredentialCode', { body: { expiration: '2001-01-01T00:00:00Z' } })
}

// answers is the body that adds a key, as DFNS's page on credentials data has it.
function answers({ challenge, challengeIdentifier }, key, credId, spoil) {
  return { credentialKind: 'Key', credentialName: `the key ${credId}`, challengeIdentifier, credentialInfo: proof(challenge, key, credId, spoil) }
}

// proof is credentialInfo of a key, which signs the challenge.
export function proof(challenge, key, credId, spoil = (attestation) => attestation) {
  const clientData = JSON.stringify({ challenge, type: 'key.create' })
  const clientDataHash = crypto.createHash('sha256').update(clientData).digest('hex')
  const signed = JSON.stringify({ clientDataHash, publicKey: key.publicKey })
  const attestation = spoil({ publicKey: key.publicKey, signature: crypto.sign(undefined, Buffer.from(signed), key.privateKey).toString('hex') })
  return { credId, clientData: base64url(clientData), attestationData: base64url(JSON.stringify(attestation)) }
}

export const base64url = (text) => Buffer.from(text).toString('base64url')
