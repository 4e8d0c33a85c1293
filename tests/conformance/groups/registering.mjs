// First keys and lost keys: registration by a code, end users whom a service account vouches
// for, and recovery.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

import { acting, keyPair } from '../suite.mjs'
import { base64url, proof } from './credentials.mjs'

export default async function ({ suite, admin, env }) {
  const nobody = suite.actor({ ...env.admin, DFNS_AUTH_TOKEN: 'none', DFNS_ORG_ID: undefined })
  await employee(suite, admin, nobody, env)
  await endUser(suite, admin, env)
}

// code is the newest that was posted to a user.
async function code(env, to) {
  const { items } = await (await fetch(`${env.admin.SANDBOX_CONTROL_URL}/mail?to=${to}`)).json()
  return items.at(-1).code
}

// bearing is a caller with a temporary token.
const bearing = (suite, env, token) => suite.actor({ ...env.admin, DFNS_AUTH_TOKEN: token, DFNS_ORG_ID: undefined })

const offer = (credentialKind, { challenge }, key, credId) => ({ credentialKind, credentialInfo: proof(challenge, key, credId) })

async function employee(suite, admin, nobody, env) {
  const { username, orgId } = await admin.does('auth.createUser', { body: { email: 'jane@example.com', kind: 'CustomerEmployee' } })
  await nobody.isRefused(403, 'auth.createRegistrationChallenge', { body: { username, orgId, registrationCode: 'guess' } })
  await nobody.does('auth.resendRegistrationCode', { body: { username, orgId } })
  const challenge = await nobody.does('auth.createRegistrationChallenge', { body: { username, orgId, registrationCode: await code(env, username) } })
  const [key, rescue] = [keyPair(), keyPair()]
  const body = { firstFactorCredential: { ...offer('PasswordProtectedKey', challenge, key, 'first'), encryptedPrivateKey: 'sealed' },
    recoveryCredential: { ...offer('RecoveryKey', challenge, rescue, 'rescue'), encryptedPrivateKey: 'opaque' } }
  await bearing(suite, env, challenge.temporaryAuthenticationToken).does('auth.register', { body })
  await bearing(suite, env, challenge.temporaryAuthenticationToken).isRefused(401, 'auth.register', { body })
  await nobody.isRefused(401, 'auth.resendRegistrationCode', { body: { username, orgId } })

  await nobody.isRefused(401, 'auth.createLoginChallenge', { body: { username, orgId } }) // a sealed key is for who reads the mail
  await nobody.does('auth.sendLoginCode', { body: { username, orgId } })
  const login = await nobody.does('auth.createLoginChallenge', { body: { username, orgId, loginCode: await code(env, username) } })
  assert.deepEqual(login.allowCredentials.passwordProtectedKey, [{ type: 'public-key', id: 'first', encryptedPrivateKey: 'sealed' }])
  const credentialAssertion = asserts(JSON.stringify({ type: 'key.get', challenge: login.challenge }), key, 'first')
  await nobody.does('auth.login', { body: { challengeIdentifier: login.challengeIdentifier, firstFactor: { kind: 'PasswordProtectedKey', credentialAssertion } } })
  await nobody.isRefused(403, 'auth.createLoginChallenge', { body: { username, orgId, loginCode: 'used' } })

  await nobody.does('auth.sendRecoveryCode', { body: { username, orgId } })
  const session = await nobody.does('auth.createRecoveryChallenge', { body: { username, orgId, verificationCode: await code(env, username), credentialId: 'rescue' } })
  assert.deepEqual(session.allowedRecoveryCredentials, [{ id: 'rescue', encryptedRecoveryKey: 'opaque' }])
  await bearing(suite, env, session.temporaryAuthenticationToken).does('auth.recover', { body: recovery(session, rescue, 'rescue', 'second') })
  await nobody.isRefused(403, 'auth.createRecoveryChallenge', { body: { username, orgId, verificationCode: 'used', credentialId: 'rescue' } })
}

async function endUser(suite, admin, env) {
  const { items } = await admin.does('permissions.listPermissions')
  const key = keyPair()
  const made = await admin.does('auth.createServiceAccount', { body: { name: 'backend', publicKey: key.publicKey,
    permissionId: items.find((p) => p.name === 'ManagedFullAdminAccess').id } })
  const backend = suite.actor(acting(made, key))
  const body = { email: 'customer-1', kind: 'EndUser', externalId: '1' }
  await admin.isRefused(403, 'auth.createDelegatedRegistrationChallenge', { body })
  const challenge = await backend.does('auth.createDelegatedRegistrationChallenge', { body })
  await backend.isRefused(401, 'auth.createDelegatedRegistrationChallenge', { body })
  const [own, rescue] = [keyPair(), keyPair()]
  await bearing(suite, env, challenge.temporaryAuthenticationToken).does('auth.register', { body: { firstFactorCredential: offer('Key', challenge, own, 'own'),
    recoveryCredential: offer('RecoveryKey', challenge, rescue, 'theirs') } })
  const { token } = await backend.does('auth.delegatedLogin', { body: { username: 'customer-1' } })
  const customer = suite.actor({ DFNS_AUTH_TOKEN: token, DFNS_CRED_ID: 'own', DFNS_PRIVATE_KEY: own.privateKey })
  await customer.does('auth.listCredentials')
  assert.deepEqual((await customer.does('wallets.listWallets')).items, []) // nothing is delegated to him
  const session = await backend.does('auth.createDelegatedRecoveryChallenge', { body: { username: 'customer-1', credentialId: 'theirs' } })
  await bearing(suite, env, session.temporaryAuthenticationToken).does('auth.recover', { body: recovery(session, rescue, 'theirs', 'new') })
  await customer.isRefused(401, 'auth.listCredentials')
}

// recovery is the body that gives a user a new key: the recovery key signs it.
function recovery(session, rescue, credId, name) {
  const newCredentials = { firstFactorCredential: offer('Key', session, keyPair(), name) }
  const clientData = JSON.stringify({ challenge: base64url(JSON.stringify(newCredentials)), type: 'key.get' })
  return { recovery: { kind: 'RecoveryKey', credentialAssertion: asserts(clientData, rescue, credId) }, newCredentials }
}

// asserts is a key's signature over client data.
const asserts = (clientData, key, credId) => ({ credId, clientData: base64url(clientData),
  signature: crypto.sign(undefined, Buffer.from(clientData), key.privateKey).toString('base64url') })
