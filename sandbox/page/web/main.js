// The page: who is there, what is shown, how a vote is given.

import { enter } from './api.js';
import { Book } from './book.js';
import { decided, details, waiting, what } from './approvals.js';
import { forget, say } from './dom.js';
import { fromBase64URL } from './key.js';
import { wallets } from './wallets.js';
import { webhooks } from './webhooks.js';

const approvalsEvery = 2000; // milliseconds
const restEvery = 3; // readings of the approvals for one of the rest

const at = (id) => document.getElementById(id);
let session = null; // the person who is there, what was read, and the approval under review

function start() {
  at('enter-form').addEventListener('submit', (e) => { e.preventDefault(); comeIn(pastedEnv); });
  at('leave').addEventListener('click', leave);
  at('cancel').addEventListener('click', () => at('review').close());
  at('approve').addEventListener('click', () => vote('Approved'));
  at('deny').addEventListener('click', () => vote('Denied'));
  at('review-form').addEventListener('submit', (e) => e.preventDefault()); // Enter in the reason is no vote
  at('review').addEventListener('cancel', (e) => { if (session?.voting) e.preventDefault(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
  addEventListener('hashchange', fromAddress);
  if (!fromAddress()) show('enter');
}

// fromAddress takes the key that `sandbox page` put behind the #, and takes it out of sight.
function fromAddress() {
  const text = location.hash.slice(1);
  if (!/^[A-Za-z0-9_-]{100,}$/.test(text)) return false;
  history.replaceState(null, '', location.pathname);
  comeIn(() => JSON.parse(new TextDecoder().decode(fromBase64URL(text))));
  return true;
}

async function pastedEnv() {
  const file = at('file').files[0];
  const text = at('pasted').value.trim() || (file && await file.text());
  if (!text) return { DFNS_AUTH_TOKEN: at('token').value, DFNS_CRED_ID: at('cred').value, DFNS_PRIVATE_KEY: at('pem').value };
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('that is no JSON; give what `sandbox env --json` prints, from { to }');
  }
}

async function comeIn(read) {
  say('enter-error', '');
  try {
    const me = await enter(await read());
    leave();
    session = { me, book: new Book(), turn: 0, decided: {}, hooks: new Map() };
    at('enter-form').reset();
    await session.book.readPeople(me);
    show('desk');
    at('person').textContent = `${session.book.person(me.userId)} · ${me.key.kind}`;
    at('review-key').textContent = `${session.book.person(me.userId)}’s key (${me.key.kind})`;
    refresh();
  } catch (e) {
    show('enter');
    say('enter-error', e.message);
  }
}

function leave() {
  clearTimeout(session?.timer);
  session = null;
  at('review').close();
  for (const id of ['waiting', 'wallets', 'decided', 'webhooks']) forget(at(id));
  say('said', '');
  say('trouble', '');
  show('enter');
}

function show(id) {
  for (const one of ['enter', 'desk']) at(one).hidden = one !== id;
  at('who').hidden = id !== 'desk';
}

// refresh reads and draws, and does so again while somebody looks.
async function refresh() {
  const mine = session;
  if (!mine || mine.reading) return;
  clearTimeout(mine.timer);
  mine.reading = true;
  try {
    await readAll(mine);
    if (mine === session) say('trouble', '');
  } catch (e) {
    if (mine === session) say('trouble', e.message);
  }
  at('live').classList.toggle('down', !at('trouble').hidden);
  at('live').title = at('trouble').hidden ? 'what is shown is up to date' : 'what is shown is old';
  mine.reading = false;
  if (mine === session && !document.hidden) mine.timer = setTimeout(refresh, approvalsEvery);
}

async function readAll(mine) {
  const { me, book } = mine;
  if (mine.turn++ % restEvery === 0) {
    const [list] = await Promise.all([book.readWallets(me), book.readPolicies(me), readHooks(mine)]);
    if (mine !== session) return;
    wallets(at('wallets'), list, book);
    webhooks(at('webhooks'), mine.hookList, mine.hooks);
  }
  const [open, recent] = await Promise.all([me.all('/v2/policy-approvals?status=Pending'), me.recent('/v2/policy-approvals', 50, mine.decided)]);
  if (mine !== session) return;
  if (open.some((a) => !book.wallet(what(a, book).wallet) || a.policyEvaluations?.some((e) => !book.policy(e.policyId)))) mine.turn = 0;
  at('waiting-count').textContent = open.length ? String(open.length) : '';
  waiting(at('waiting'), open, book, me.userId, review);
  decided(at('decided'), recent.filter((a) => a.status !== 'Pending').sort((a, b) => (a.dateUpdated < b.dateUpdated ? 1 : -1)).slice(0, 20), book);
}

async function readHooks(mine) {
  mine.hookList = await mine.me.all('/webhooks', 1);
  mine.tails ??= new Map();
  await Promise.all(mine.hookList.map(async ({ id }) => {
    if (!mine.tails.has(id)) mine.tails.set(id, {});
    mine.hooks.set(id, await mine.me.recent(`/webhooks/${encodeURIComponent(id)}/events`, 50, mine.tails.get(id)));
  }));
}

// review shows what a vote is about, before it.
function review(approval) {
  session.review = approval;
  const seen = what(approval, session.book);
  at('review-title').textContent = `${seen.title}: ${seen.headline}`;
  at('review-facts').replaceChildren(...details(approval, session.book));
  at('reason').value = '';
  say('review-error', '');
  at('approve').hidden = false;
  at('review').showModal();
  at('cancel').focus();
}

async function vote(value) {
  const mine = session;
  const { id } = mine.review;
  if (mine.voting || !/^ap-[a-z0-9-]+$/.test(id)) return;
  const reason = at('reason').value.trim();
  busy(mine, true);
  say('review-error', '');
  try {
    const after = await mine.me.call('POST', `/v2/policy-approvals/${id}/decisions`, reason ? { value, reason } : { value });
    at('review').close();
    say('said', `Your vote is recorded: ${value}. The approval ${id} is ${after.status}.`);
  } catch (e) {
    say('review-error', e.message);
  }
  busy(mine, false);
  mine.turn = 0;
  refresh();
}

function busy(mine, is) {
  mine.voting = is;
  for (const id of ['approve', 'deny', 'cancel']) at(id).disabled = is;
}

start();
