// The API, as a person calls it.

import { fromBase64URL, importKey, toBase64URL } from './key.js';

const base = new URL('api', location.href.replace(/#.*/, '')).pathname;
const utf8 = new TextEncoder();

// A Refusal is the platform's answer, as it is.
export class Refusal extends Error {
  constructor(status, body) {
    let message = body;
    try { message = JSON.parse(body).error.message ?? body; } catch { /* shown as it came */ }
    super(`${status}: ${message || 'no words'}`);
    this.status = status;
  }
}

// enter makes a person of what `sandbox env --json` prints, and makes sure that the platform knows it.
export async function enter(env) {
  for (const name of ['DFNS_AUTH_TOKEN', 'DFNS_CRED_ID', 'DFNS_PRIVATE_KEY']) {
    if (typeof env[name] !== 'string' || !env[name].trim()) throw new Error(`${name} is missing; \`sandbox env --json\` prints it`);
  }
  const person = new Person(env.DFNS_AUTH_TOKEN.trim(), env.DFNS_CRED_ID.trim(), await importKey(env.DFNS_PRIVATE_KEY));
  await person.get('/wallets?limit=1');
  return person;
}

class Person {
  constructor(token, credId, key) {
    Object.assign(this, { token, credId, key, userId: subject(token) });
  }

  get(path) { return this.send('GET', path); }

  // recent reads the end of a list that is oldest first: everything once, and later what follows the
  // page where the last reading ended. At most 40 pages are read in one go.
  async recent(path, limit, seen) {
    const at = (token) => `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${token ? `&paginationToken=${encodeURIComponent(token)}` : ''}`;
    let token = seen.token;
    let before = [];
    for (let pages = 0; ; pages++) {
      const page = await this.get(at(token));
      if (!page.nextPageToken || pages === 40) return [...before, ...page.items];
      seen.token = token; // the last page but one, so that there is always something to show
      token = page.nextPageToken;
      before = page.items;
    }
  }

  async all(path, most = 10) {
    const items = [];
    let token = '';
    for (let pages = 0; pages < most; pages++) {
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}limit=100${token && `&paginationToken=${encodeURIComponent(token)}`}`);
      items.push(...page.items);
      token = page.nextPageToken;
      if (!token) break;
    }
    return items;
  }

  // call makes a signed request: the text that is signed is the text that is sent.
  async call(method, path, body) {
    const text = JSON.stringify(body);
    const asked = await this.send('POST', '/auth/action/init', JSON.stringify({
      userActionPayload: text, userActionHttpMethod: method, userActionHttpPath: path, userActionServerKind: 'Api' }));
    const clientData = utf8.encode(JSON.stringify({ type: 'key.get', challenge: asked.challenge }));
    const { userAction } = await this.send('POST', '/auth/action', JSON.stringify({
      challengeIdentifier: asked.challengeIdentifier,
      firstFactor: { kind: 'Key', credentialAssertion: {
        credId: this.credId, clientData: toBase64URL(clientData), signature: toBase64URL(await this.key.sign(clientData)) } },
    }));
    return this.send(method, path, text, { 'X-DFNS-USERACTION': userAction });
  }

  async send(method, path, body, more) {
    const headers = { Authorization: `Bearer ${this.token}`, ...(body && { 'Content-Type': 'application/json' }), ...more };
    let answer;
    try {
      answer = await fetch(base + path, { method, headers, body, redirect: 'error', credentials: 'omit' });
    } catch {
      throw new Error('the sandbox does not answer; is `sandbox serve` running?');
    }
    const text = await answer.text();
    if (!answer.ok) throw new Refusal(answer.status, text);
    return JSON.parse(text);
  }
}

// subject is the user that a token names, to show who is who; the platform decides by itself.
function subject(token) {
  try {
    const claims = JSON.parse(new TextDecoder().decode(fromBase64URL(token.split('.')[1])));
    return /us-[a-z0-9-]+/.exec(JSON.stringify(claims))?.[0] ?? '';
  } catch {
    return '';
  }
}
