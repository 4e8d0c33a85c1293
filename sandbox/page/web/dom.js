// Making elements. Text stays text, and characters that could disguise it are spelled out.

// el makes an element; a child is an element, text, or nothing.
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children.flat()) {
    if (child instanceof Node) made.append(child);
    else if (child !== undefined && child !== null && child !== false) made.append(plain(String(child)));
  }
  return made;
}

// plain spells out control characters, but for line breaks, and those that turn the direction of text.
function plain(text) {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// put replaces what is in a place when it is to show something else, and keeps the focus.
const shown = new WeakMap();
export function put(place, data, draw) {
  const text = JSON.stringify(data);
  if (shown.get(place) === text) return;
  shown.set(place, text);
  const open = [...place.querySelectorAll('details[open][id]')].map((d) => d.id);
  const focused = place.contains(document.activeElement) && document.activeElement.id;
  place.replaceChildren(...[draw()].flat());
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// forget has the next put draw again.
export function forget(place) { shown.delete(place); place.replaceChildren(); }

export function say(id, text) {
  const at = document.getElementById(id);
  at.textContent = text;
  at.hidden = !text;
}

export function facts(rows) {
  return el('dl', {}, rows.filter(([, value]) => value || value === 0)
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

export function table(caption, heads, rows) {
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    el('table', {}, el('caption', { class: 'hidden' }, caption),
      el('thead', {}, el('tr', {}, heads.map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((c) => el('td', {}, c)))))));
}

export function code(text) { return el('code', { class: 'id' }, text); }

export function badge(status) {
  const kind = { Pending: 'wait', Executing: 'wait', Broadcasted: 'wait', Approved: 'good', Confirmed: 'good', Signed: 'good',
    Completed: 'good', Applied: 'good', Active: 'good', Enabled: 'good', Denied: 'bad', Rejected: 'bad', Failed: 'bad', Expired: 'bad' }[status];
  return el('span', { class: `badge ${kind ?? ''}` }, status);
}

export function time(text) {
  const at = new Date(text);
  return Number.isNaN(at.valueOf()) ? text : el('time', { datetime: text, title: text }, at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }));
}
