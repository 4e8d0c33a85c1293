// The verifier runs here, beside the page, so that the page stays alive. It is given its
// program and files by the page and fetches nothing.
'use strict';

let ready = null;

onmessage = async ({ data }) => {
  if (data.program) {
    ready = start(data.program);
    return;
  }
  try {
    await ready;
    self.countersignVerify(
      data.dropped, data.trusted,
      (done, total) => postMessage({ done, total }),
      (answer) => postMessage({ answer: JSON.parse(answer) }),
    );
  } catch (err) {
    postMessage({ answer: { error: 'the verifier cannot be started: ' + err } });
  }
};

async function start(program) {
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(program, go.importObject);
  go.run(instance).then(() => postMessage({ answer: { error: 'the verifier has ended' } }));
}
