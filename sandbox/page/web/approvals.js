// Approvals: what would be done, who asked, what is needed, who voted.

import { badge, code, el, facts, put, table, time } from './dom.js';
import { grouped, units, worded } from './amounts.js';

const members = { transferRequest: 'Transfer', transactionRequest: 'Transaction', signatureRequest: 'Signature',
  changeRequest: 'Change', swapRequest: 'Swap' };

// what reads an approval's activity into what a person has to know before the vote. Nothing is guessed:
// what is not understood is shown as it came, and `understood` says whether that is needed.
export function what(approval, book) {
  const activity = approval.activity ?? {};
  const member = Object.keys(members).find((name) => activity[name]) ?? Object.keys(activity).find((name) => name !== 'kind');
  const request = activity[member] ?? {};
  const body = request.requestBody ?? request;
  const seen = { member, request, body, title: members[member] ?? activity.kind, kind: activity.kind,
    network: request.network ?? book.wallet(request.walletId)?.network, wallet: request.walletId, status: request.status,
    headline: '', understood: false };
  if (member === 'transferRequest') readTransfer(seen, book);
  else if (member === 'transactionRequest') readTransaction(seen, book);
  else if (member === 'signatureRequest') seen.headline = `Signature over ${body.kind ?? 'something'}`;
  else seen.headline = [body.kind ?? '', request.operationKind ?? '', activity.kind].filter(Boolean).join(' · ');
  return seen;
}

function readTransfer(seen, book) {
  const { body, request } = seen;
  const asset = body.kind === 'Native' ? request.metadata?.asset ?? book.native(request.walletId)
    : request.metadata?.asset ?? book.asset(request.walletId, body.contract);
  seen.to = body.to;
  seen.contract = body.contract;
  if (body.amount !== undefined) {
    seen.headline = worded(body.amount, asset);
    seen.exact = units(body.amount) === null ? undefined : `${grouped(units(body.amount).toString())} smallest units`;
    seen.unverified = asset?.symbol && asset.verified === false;
  } else if (body.tokenId !== undefined) seen.headline = `Token ${body.tokenId}`;
  else seen.headline = `Transfer ${body.kind}`;
  seen.understood = ['Native', 'Erc20', 'Erc721'].includes(body.kind);
}

function readTransaction(seen, book) {
  const { body, request } = seen;
  const evm = body.kind === 'Evm' || body.kind === 'Eip1559';
  seen.understood = evm;
  if (!evm) {
    seen.headline = `Transaction of kind ${body.kind}`;
    return;
  }
  seen.to = body.to ?? 'nobody: it creates a contract';
  seen.data = body.data && body.data !== '0x' ? body.data : undefined;
  seen.value = worded(body.value ?? '0', book.native(request.walletId));
  seen.exact = body.value === undefined || units(body.value) === null ? undefined : `${grouped(units(body.value).toString())} smallest units`;
  seen.headline = seen.data ? (units(body.value ?? '0') ? `Contract call with ${seen.value}` : 'Contract call') : `Send ${seen.value}`;
}

// details are the facts of an approval, at full length.
export function details(approval, book) {
  const seen = what(approval, book);
  const wallet = book.wallet(seen.wallet);
  const bytes = seen.data && (seen.data.length - 2) / 2;
  return [
    facts([
      ['Network', seen.network],
      ['From', seen.wallet && [wallet?.name ? `${wallet.name} ` : '', code(wallet?.address ?? seen.wallet)]],
      ['To', seen.to && code(seen.to)],
      ['Amount', seen.member === 'transferRequest' ? seen.headline : seen.value],
      ['Exactly', seen.exact],
      ['Asset', seen.unverified && 'This asset is not verified: its name proves nothing.'],
      ['Contract', seen.contract && code(seen.contract)],
      ['Memo', seen.body.memo],
      ['External ID', seen.request.externalId],
      ['Asked by', book.person(approval.initiatorId)],
      ['Asked at', time(approval.dateCreated)],
      ['Expires', approval.expirationDate && time(approval.expirationDate)],
    ]),
    seen.data && [el('h3', {}, `Call data, ${bytes} bytes`), el('pre', { tabindex: '0', 'aria-label': 'Call data' }, seen.data)],
    el('details', { id: `raw-${approval.id}`, open: !seen.understood },
      el('summary', {}, seen.understood ? 'The whole request, as the platform has it' : 'The request, as the platform has it'),
      el('pre', { tabindex: '0', 'aria-label': 'The request' }, JSON.stringify(seen.request.requestBody ?? seen.request, null, 2))),
  ].flat().filter(Boolean);
}

// needs lists the policies that triggered, with the groups that have to agree.
function needs(approval, book) {
  const rows = (approval.policyEvaluations ?? []).filter((e) => e.triggered).map((e) => {
    const policy = book.policy(e.policyId);
    const groups = (policy?.action?.approvalGroups ?? []).map((g) => {
      const who = g.approvers?.userId?.in;
      return `${g.quorum} ${g.quorum === 1 ? 'vote' : 'votes'} of ${who ? who.map(book.person).join(', ') : 'anyone'}${g.name ? ` (${g.name})` : ''}`;
    });
    return el('li', {}, el('strong', {}, policy?.name ?? e.policyId), groups.length ? ` needs ${groups.join(' and ')}` : '', '. ', el('span', { class: 'quiet' }, e.reason));
  });
  return rows.length ? el('ul', { class: 'needs' }, rows) : null;
}

function votes(approval, book) {
  if (!approval.decisions?.length) return el('p', { class: 'quiet' }, 'Nobody has voted yet.');
  return el('ul', { class: 'votes' }, approval.decisions.map((d) => el('li', {}, badge(d.value), ` ${book.person(d.userId)}`, d.reason ? `: ${d.reason}` : '')));
}

// waiting draws the pending approvals.
export function waiting(place, approvals, book, me, review) {
  put(place, [approvals, book.version, me], () => (approvals.length ? approvals.map((a) => card(a, book, me, review))
    : el('p', { class: 'panel empty' }, 'Nothing waits for an approval.')));
}

function card(approval, book, me, review) {
  const seen = what(approval, book);
  const wallet = book.wallet(seen.wallet);
  const voted = approval.decisions?.some((d) => d.userId === me);
  const own = approval.initiatorId === me;
  return el('article', { class: 'panel card', 'aria-labelledby': `t-${approval.id}`, 'data-id': approval.id },
    el('div', { class: 'top' }, badge(approval.status), el('span', {}, [seen.title, seen.network].filter(Boolean).join(' · ')),
      el('span', { class: 'quiet push' }, book.person(approval.initiatorId), ', ', time(approval.dateCreated))),
    el('h2', { class: 'headline', id: `t-${approval.id}` }, seen.headline),
    facts([
      ['From', seen.wallet && [wallet?.name ? `${wallet.name} ` : '', code(wallet?.address ?? seen.wallet)]],
      ['To', seen.to && code(seen.to)],
      ['Call data', seen.data && code(seen.data.length > 74 ? `${seen.data.slice(0, 74)}… (${(seen.data.length - 2) / 2} bytes)` : seen.data)],
      ['Approval', code(approval.id)],
    ]),
    needs(approval, book), votes(approval, book),
    el('div', { class: 'actions' },
      own && el('p', { class: 'quiet' }, 'You asked for this: you may deny it.'),
      voted ? el('p', { class: 'quiet' }, 'You have voted.')
        : el('button', { type: 'button', class: 'primary', id: `review-${approval.id}`, onclick: () => review(approval) }, 'Review and vote',
          el('span', { class: 'hidden' }, ` on ${seen.headline}`))));
}

// decided draws the latest approvals that are over, newest first, with what became of them.
export function decided(place, approvals, book) {
  put(place, [approvals, book.version], () => {
    if (!approvals.length) return el('p', { class: 'empty' }, 'Nothing was decided yet.');
    return table('Decided approvals, newest first', ['Decided', 'What', 'To', 'Decision', 'Became', 'Votes'], approvals.map((a) => {
      const seen = what(a, book);
      return [time(a.dateResolved ?? a.dateUpdated), [seen.headline, el('br'), el('span', { class: 'quiet' }, seen.network ?? seen.kind)],
        seen.to ? code(seen.to) : '–', badge(a.status), seen.status ? [badge(seen.status), seen.request.reason ? ` ${seen.request.reason}` : ''] : '–',
        (a.decisions ?? []).map((d) => `${book.person(d.userId)}: ${d.value}`).join(', ') || '–'];
    }));
  });
}
