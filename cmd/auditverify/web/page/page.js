// The auditor's page: it takes what is dropped, lets the worker verify it, and says what was
// found. Text from records is only ever set as text.
'use strict';

const $ = (id) => document.getElementById(id);
let chosen = null; // { name, files, receipts }
let worker = null;

// ---- what is verified

function choose(files) {
  files = files.filter((f) => !f.path.split('/').some((part) => part.startsWith('.') && part !== '.progress.json'));
  if (files.length === 0) return;
  const receipts = files.filter((f) => f.path.endsWith('.tlog-proof'));
  const loose = files.every((f) => !f.path.includes('/'));
  if (loose && receipts.length === files.length) {
    const names = receipts.map((f) => f.path).join(', ');
    chosen = { name: names, files: [], receipts };
  } else if (files.length > 1 && loose && !files.some((f) => f.path === 'manifest.json')) {
    fail('Drop one zip, one folder, or receipts only.');
    return;
  } else {
    chosen = { name: files.length === 1 ? files[0].path : files[0].path.split('/')[0], files, receipts: [] };
  }
  const size = files.reduce((n, f) => n + f.blob.size, 0);
  const what = files.length === 1 ? '' : files.length.toLocaleString('en') + ' files, ';
  $('chosen').textContent = chosen.name + ' (' + what + bytes(size) + ')';
  hide('error');
}

function bytes(n) {
  for (const unit of ['bytes', 'KB', 'MB']) {
    if (n < 1000) return (unit === 'bytes' ? n : n.toFixed(1)) + ' ' + unit;
    n /= 1000;
  }
  return n.toFixed(1) + ' GB';
}

// walk reads a dropped folder.
async function walk(entry, path, into) {
  if (entry.isFile) {
    const blob = await new Promise((ok, no) => entry.file(ok, no));
    into.push({ path: path + entry.name, blob });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((ok, no) => reader.readEntries(ok, no));
    if (some.length === 0) return;
    for (const one of some) await walk(one, path + entry.name + '/', into);
  }
}

const drop = $('drop');
for (const kind of ['dragenter', 'dragover']) {
  document.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.add('over'); });
}
document.addEventListener('dragleave', (e) => { if (!e.relatedTarget) drop.classList.remove('over'); });
document.addEventListener('drop', async (e) => {
  e.preventDefault();
  drop.classList.remove('over');
  const entries = [...e.dataTransfer.items].map((i) => i.webkitGetAsEntry && i.webkitGetAsEntry()).filter(Boolean);
  const files = [];
  try {
    if (entries.length > 0) for (const entry of entries) await walk(entry, '', files);
    else for (const f of e.dataTransfer.files) files.push({ path: f.name, blob: f });
  } catch (err) {
    fail('The browser cannot read what was dropped: ' + err);
    return;
  }
  choose(files);
});
for (const id of ['files', 'folder']) {
  $(id).addEventListener('change', (e) => choose([...e.target.files].map((f) => ({ path: f.webkitRelativePath || f.name, blob: f }))));
}
$('trust-file').addEventListener('change', async (e) => {
  if (e.target.files[0]) $('trust').value = await e.target.files[0].text();
});

// ---- whom to believe

function trusted() {
  const text = $('trust').value.trim();
  const lines = text.split('\n').map((l) => l.trim()).filter(Boolean);
  const policy = lines.some((l) => /^(log|quorum|witness|group)\s/.test(l));
  const anchor = $('anchor').value;
  return {
    policy: policy ? text + '\n' : '', logKeys: policy ? [] : lines,
    anchors: anchor.trim() ? [anchor.replace(/\s*$/, '\n')] : [], hashesOnly: $('hashes').checked,
  };
}

// ---- the worker

async function program() {
  const text = atob($('wasm-source').textContent.trim());
  const packed = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

async function startWorker() {
  const source = new Blob([$('worker-source').textContent], { type: 'text/javascript' });
  const url = URL.createObjectURL(source);
  worker = new Worker(url);
  URL.revokeObjectURL(url);
  worker.onmessage = ({ data }) => (data.answer ? finish(data.answer) : progress(data.done, data.total));
  worker.onerror = (e) => finish({ error: 'the verifier failed: ' + (e.message || 'your browser does not run it') });
  const wasm = await program();
  worker.postMessage({ program: wasm }, [wasm]);
}

$('form').addEventListener('submit', async (e) => {
  e.preventDefault();
  $('results').replaceChildren();
  hide('error');
  if (!$('trust').value.trim()) return fail('Enter the log’s key, or a policy, that you got from another source than the export.', 'trust');
  if (!chosen) return fail('Choose what to verify: a zip, a folder or receipts.', 'files');
  busy(true);
  try {
    if (!worker) await startWorker();
    const receipts = [];
    for (const r of chosen.receipts) receipts.push({ name: r.path, text: await r.blob.text() });
    worker.postMessage({ dropped: { name: chosen.name, files: chosen.files, receipts }, trusted: trusted() });
  } catch (err) {
    finish({ error: 'the verifier cannot be started: ' + err });
  }
});
$('stop').addEventListener('click', () => {
  worker.terminate();
  worker = null;
  busy(false);
  fail('Stopped. Nothing is shown.');
});

function progress(done, total) {
  $('progress').value = total > 0 ? done / total : 0;
  $('progress-text').textContent = 'Verifying… ' + Math.floor(total > 0 ? (100 * done) / total : 0) + ' %';
}

function busy(on) {
  $('verify').disabled = on;
  $('stop').hidden = $('working').hidden = !on;
  $('progress').removeAttribute('value');
  $('progress-text').textContent = 'Reading…';
}

function finish(answer) {
  busy(false);
  if (answer.error) {
    worker && worker.terminate();
    worker = null;
    return fail('Nothing could be verified: ' + answer.error);
  }
  $('results').replaceChildren(...answer.verdicts.map(show));
  const first = $('results').querySelector('h2');
  if (first) first.focus();
}

function fail(text, focus) {
  $('error').textContent = text;
  $('error').hidden = false;
  if (focus) $(focus).focus();
}
function hide(id) { $(id).hidden = true; }

// ---- what was found

// make is an element with text or children.
function make(tag, props, ...children) {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}
const number = (n) => Number(n).toLocaleString('en').replaceAll(',', '\u202f');

function show(v) {
  const card = make('section', { className: 'verdict ' + (v.ok ? 'good' : 'bad') });
  card.append(make('header', {},
    make('span', { className: 'mark', ariaHidden: 'true' }, v.ok ? '✓' : '✗'),
    make('div', {},
      make('h2', { tabIndex: -1 }, v.ok ? 'Verified' : 'Not verified: ' + number(v.fault_count) + (v.fault_count === 1 ? ' fault' : ' faults')),
      make('p', {}, v.name))));
  const body = make('div', { className: 'body' });
  if (v.report) body.append(counts(v.report));
  if (v.proof) body.append(proof(v.proof));
  if (v.fault_count > 0) body.append(faults(v));
  if (v.shown.length) body.append(make('h3', {}, 'What this shows'), list('shown', v.shown));
  if (v.unproven.length) body.append(make('div', { className: 'unproven' }, make('h3', {}, 'What this does not show'), list('unshown', v.unproven)));
  if (v.report && v.report.keys.length) body.append(keys(v.report.keys));
  card.append(body);
  return card;
}

function list(name, items) {
  return make('ul', { className: name }, ...items.map((s) => make('li', {}, s)));
}

function figures(...pairs) {
  return make('dl', {}, ...pairs.filter(Boolean).map(([name, value, cls]) =>
    make('div', { className: cls ? 'wide' : '' }, make('dt', {}, name), make('dd', { className: cls || '' }, value))));
}

function counts(r) {
  const picked = r.kind === 'selection';
  return figures(
    ['Records', number(r.records)],
    picked ? ['Of a log of', number(r.to)] : ['Indexes', r.records > 0 ? r.from + '–' + (r.to - 1) : 'none'],
    !r.hashes_only && ['Decisions', number(r.decisions)],
    !r.hashes_only && ['Alarms', number(r.alarms)],
    !picked && ['Checkpoints', number(r.checkpoints)],
    !r.hashes_only && ['Rows compared', number(r.rows)],
    ['Log', r.origin, 'small'], ['Root', r.root, 'small mono']);
}

function proof(p) {
  const box = make('div', {}, figures(
    ['Record', number(p.index)], ['Of a log of', number(p.size)], ['Author', p.record.sub], ['Type', p.record.type, 'small'],
    ['Signed at, by its author’s clock', p.record.at, 'small'], ['Log', p.origin, 'small'], ['Key of the record', p.record.key, 'small mono'], ['Leaf hash', p.leaf_hash, 'small mono']));
  box.append(make('details', {}, make('summary', {}, 'What the record says'), make('pre', { tabIndex: 0 }, JSON.stringify(p.record, null, 2))));
  return box;
}

function faults(v) {
  const rows = v.faults.map((f) => make('tr', {},
    make('td', { className: 'number' }, String(f.index)), make('td', {}, make('code', {}, f.code)),
    make('td', { className: 'words' }, f.what + (f.key ? ' (' + f.key + ')' : ''))));
  const caption = v.fault_count > v.faults.length ? 'The first ' + number(v.faults.length) + ' of ' + number(v.fault_count) + ' faults' : 'What is wrong';
  return table(caption, ['Record', 'Code', 'What'], rows);
}

function keys(all) {
  const rows = all.map((k) => make('tr', {},
    make('td', { className: 'words mono' }, k.kid), make('td', {}, k.use === 'log' ? 'the log' : k.subject),
    make('td', { className: 'number' }, k.from + '–' + (k.until >= 0 ? k.until - 1 : '')), make('td', {}, k.revoked ? 'revoked' : k.until >= 0 ? 'retired' : 'signs on')));
  return make('details', {}, make('summary', {}, all.length + ' keys'), table('Keys that the log has enrolled', ['Key', 'Of', 'Indexes', 'State'], rows));
}

function table(caption, heads, rows) {
  return make('div', { className: 'table' }, make('table', {}, make('caption', {}, caption),
    make('thead', {}, make('tr', {}, ...heads.map((h) => make('th', { scope: 'col' }, h)))), make('tbody', {}, ...rows)));
}
