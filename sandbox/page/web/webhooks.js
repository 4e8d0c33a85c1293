// Webhooks with their latest deliveries.

import { badge, code, el, facts, put, table, time } from './dom.js';

export function webhooks(place, list, deliveries) {
  put(place, [list, [...deliveries.entries()]], () => (list.length ? list.map((w) => el('article', { class: 'panel card' },
    el('div', { class: 'top' }, badge(w.status), el('strong', {}, w.description || w.id)),
    facts([['URL', code(w.url)], ['Events', w.events.includes('*') ? 'all' : w.events.join(', ')]]),
    latest(w, deliveries.get(w.id) ?? []))) : el('p', { class: 'panel empty' }, 'There are no webhooks.')));
}

function latest(webhook, events) {
  if (!events.length) return el('p', { class: 'quiet' }, 'Nothing was delivered yet.');
  return table(`Deliveries to ${webhook.url}, newest first`, ['Sent', 'Event', 'Answer', 'Attempt', 'Next attempt'],
    [...events].reverse().slice(0, 12).map((e) => [
      time(new Date(e.timestampSent * 1000).toISOString()), [e.kind, el('br'), code(e.id)],
      [el('span', { class: `badge ${e.deliveryFailed ? 'bad' : 'good'}` }, e.status), e.error ? el('span', { class: 'quiet' }, ` ${e.error}`) : ''],
      String(e.deliveryAttempt), e.nextAttemptDate ? time(e.nextAttemptDate) : '–']));
}
