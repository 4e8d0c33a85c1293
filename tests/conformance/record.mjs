// A recorder stands between the SDK and the sandbox and keeps what passed: the SDK is
// not touched, so what is kept is what it puts on the wire.
import http from 'node:http'

// The headers that the contract speaks of; a secret is kept as what it is.
const requestHeaders = {
  authorization: () => 'Bearer <token>',
  'content-type': (v) => v.replace(/boundary=.*/, 'boundary=<boundary>'),
  'x-dfns-sdk-version': () => '<version>',
  'x-dfns-useraction': () => '<user action>',
}
const responseHeaders = {
  'content-type': (v) => v,
  'x-ratelimit-limit': (v) => v,
  'x-ratelimit-remaining': () => '<count>',
  'x-ratelimit-reset': () => '<seconds>',
  'retry-after': () => '<seconds>',
}

const kept = (headers, wanted) =>
  Object.fromEntries(Object.keys(wanted).filter((k) => headers[k] !== undefined).map((k) => [k, wanted[k](headers[k])]))

const parsed = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const read = async (stream) => {
  const parts = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

// startRecorder forwards to base. Its passed holds every exchange since the last drain.
export async function startRecorder(base) {
  let passed = []
  const server = http.createServer(async (req, res) => {
    try {
      const body = await read(req)
      const up = await forward(base, req, body)
      const answer = await read(up)
      passed.push({
        raw: { method: req.method, url: req.url, headers: req.headers, body, answer },
        request: { method: req.method, path: req.url, headers: kept(req.headers, requestHeaders), body: parsed(body.toString()) },
        response: { status: up.statusCode, headers: kept(up.headers, responseHeaders), body: parsed(answer.toString()) },
      })
      res.writeHead(up.statusCode, up.headers).end(answer)
    } catch (err) {
      res.destroy(err)
    }
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    drain: () => passed.splice(0),
    close: () => server.close(),
  }
}

function forward(base, req, body) {
  const headers = { ...req.headers, host: new URL(base).host }
  delete headers.connection
  return new Promise((done, fail) => {
    const out = http.request(new URL(req.url, base), { method: req.method, headers }, done)
    out.on('error', fail)
    out.end(body)
  })
}
