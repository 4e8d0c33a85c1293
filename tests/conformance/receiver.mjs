// A receiver of webhooks that verifies what arrives as DFNS documents it.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import http from 'node:http'

// startReceiver answers some events with the statuses it is told, others with 200, and keeps what arrived.
export async function startReceiver() {
  const arrived = []
  let refuses = () => false
  let statuses = []
  const server = http.createServer((req, res) => {
    const parts = []
    req.on('data', (part) => parts.push(part))
    req.on('end', () => {
      const text = Buffer.concat(parts).toString()
      arrived.push({ method: req.method, headers: req.headers, text })
      res.writeHead((refuses(JSON.parse(text)) && statuses.shift()) || 200).end()
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    arrived,
    // answers sets the statuses of the next answers to events that fit.
    answers: (fits, ...next) => ([refuses, statuses] = [fits, next]),
    // next waits for an event that fits, and takes it away.
    async next(fits) {
      for (const end = Date.now() + 60_000; ; await new Promise((done) => setTimeout(done, 20))) {
        const i = arrived.findIndex((x) => fits(JSON.parse(x.text)))
        if (i >= 0) return arrived.splice(i, 1)[0]
        assert.ok(Date.now() < end, `no webhook arrived that fits ${fits}: ${arrived.map((x) => JSON.parse(x.text).kind)}`)
      }
    },
    close: () => server.close(),
  }
}

// verified checks the signature and the age of a delivery, in the steps of DFNS's sample: it
// signs the parsed body, serialised again.
export function verified({ headers, text }, secret) {
  const event = JSON.parse(text)
  const want = Buffer.from('sha256=' + crypto.createHmac('sha256', secret).update(JSON.stringify(event)).digest('hex'))
  const got = Buffer.from(headers['x-dfns-webhook-signature'] ?? '')
  assert.ok(got.length === want.length && crypto.timingSafeEqual(got, want), 'the signature of the webhook')
  assert.ok(Math.abs(Date.now() / 1000 - event.timestampSent) < 300, 'the age of the webhook')
  return event
}
