// Wallets with what they hold.

import { badge, code, el, put, table } from './dom.js';
import { worded } from './amounts.js';

export function wallets(place, list, book) {
  put(place, [list, book.version], () => {
    if (!list.length) return el('p', { class: 'empty' }, 'There are no wallets.');
    return table('Wallets', ['Name', 'Network', 'Address', 'Holds', 'Status'], list.map((w) => [
      el('strong', {}, w.name || w.id), w.network, code(w.address ?? '–'), holds(book.assets(w.id)), badge(w.status)]));
  });
}

function holds(assets) {
  if (assets instanceof Error) return el('span', { class: 'quiet' }, assets.message);
  if (!assets) return el('span', { class: 'quiet' }, 'reading…');
  return el('ul', { class: 'holds' }, assets.map((a) => el('li', {}, worded(a.balance, a), a.verified === false && el('span', { class: 'quiet' }, ' (not verified)'))));
}
