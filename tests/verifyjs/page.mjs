// Drives the auditor's page in a headless Chromium and prints what it says, as JSON.
//   node page.mjs < steps.json
// steps: { page, chromium, steps: [{ trust, anchor?, files?, folder?, drop?, hashes?, scheme?, width?, shot? }] }
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { chromium } from 'playwright-core';

const asked = JSON.parse(readFileSync(0, 'utf8'));

// A server that nobody may reach.
let hits = 0;
const server = createServer((_, res) => { hits++; res.end(); });
await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
const outside = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({
  executablePath: asked.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const results = [];
const requests = [];
const errors = [];
try {
  for (const step of asked.steps) {
    const context = await browser.newContext({ colorScheme: step.scheme || 'light', viewport: { width: step.width || 1000, height: 900 } });
    context.on('request', (r) => requests.push(r.url()));
    const page = await context.newPage();
    page.on('pageerror', (e) => errors.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
    await page.goto('file://' + asked.page);
    results.push(await run(page, step));
    await context.close();
  }
  // What runs in the page cannot make a request even if it wants to.
  const page = await browser.newPage();
  await page.goto('file://' + asked.page);
  const tried = await page.evaluate(async (url) => {
    const image = new Promise((ok) => { const i = new Image(); i.onload = () => ok('loaded'); i.onerror = () => ok('refused'); i.src = url; });
    const fetched = fetch(url, { mode: 'no-cors' }).then(() => 'fetched', () => 'refused');
    const worker = new Promise((ok) => {
      const source = `fetch(${JSON.stringify(url)}, { mode: 'no-cors' }).then(() => postMessage('fetched'), () => postMessage('refused'))`;
      const w = new Worker(URL.createObjectURL(new Blob([source])));
      w.onmessage = (e) => ok(e.data);
      w.onerror = () => ok('refused');
    });
    return Promise.all([image, fetched, worker]);
  }, outside);
  console.log(JSON.stringify({ results, requests, errors, tried, hits }));
} finally {
  await browser.close();
  server.close();
}

async function run(page, step) {
  if (step.trust) await page.getByLabel('The log’s key, or a trust policy').fill(step.trust);
  if (step.anchor || step.hashes) {
    await page.getByText('I have kept a checkpoint').click();
    if (step.anchor) await page.getByLabel('A checkpoint that you know').fill(step.anchor);
    if (step.hashes) await page.getByLabel('Look at hashes only').check();
  }
  if (step.files) await page.locator('#files').setInputFiles(step.files);
  if (step.folder) await page.locator('#folder').setInputFiles(step.folder);
  if (step.drop) {
    const data = readFileSync(step.drop).toString('base64');
    await page.evaluate(({ data, name }) => {
      const t = new DataTransfer();
      t.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
      document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: t, bubbles: true, cancelable: true }));
    }, { data, name: basename(step.drop) });
    await page.locator('#chosen:not(:empty)').waitFor();
  }
  // By keyboard, as somebody without a mouse would.
  await page.locator('#verify').focus();
  await page.keyboard.press('Enter');
  await page.locator('#error:not([hidden]), .verdict').first().waitFor({ timeout: 120_000 });
  const said = await page.evaluate(() => ({
    error: document.getElementById('error').hidden ? '' : document.getElementById('error').textContent,
    verdicts: [...document.querySelectorAll('.verdict')].map((v) => ({
      title: v.querySelector('h2').textContent,
      focused: document.activeElement === v.querySelector('h2'),
      shown: [...v.querySelectorAll('.shown li')].map((l) => l.textContent),
      unshown: [...v.querySelectorAll('.unshown li')].map((l) => l.textContent),
      faults: [...v.querySelectorAll('.table caption')].filter((c) => !c.textContent.startsWith('Keys'))
        .flatMap((c) => [...c.parentElement.querySelectorAll('tbody tr')].map((r) => [...r.cells].map((d) => d.textContent))),
      figures: Object.fromEntries([...v.querySelectorAll('dt')].map((d) => [d.textContent, d.nextElementSibling.textContent])),
    })),
  }));
  if (step.shot) await page.screenshot({ path: step.shot, fullPage: true });
  return said;
}
