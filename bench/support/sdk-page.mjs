// One page for both SDKs: the guide's way, and what the page itself can see of the wire. Functions given to `evaluate` run in the page.

/** The page that loads `exotelsdk.js` beside it. Its WebSocket notes when an INVITE and the answer to a REGISTER came in. */
export const skeleton = `<!doctype html><link rel="icon" href="data:,"><script>
  window.seen = { invite: 0, registered: [], lost: 0 };
  window.told = [];
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('close', () => { seen.lost ||= performance.now(); });
      this.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') return;
        if (data.startsWith('INVITE ')) seen.invite = performance.now();
        else if (data.startsWith('SIP/2.0 200') && /^CSeq: *\\d+ REGISTER/im.test(data)) seen.registered.push(performance.now());
      });
    }
  };
</script><script src="exotelsdk.js"></script>`;

/** DoRegister until the callback says `registered`, milliseconds. */
export function register(page, account) {
  return page.evaluate(
    (given) =>
      new Promise((resolve) => {
        const client = new exotelSDK.ExotelWebClient();
        window.client = client;
        let startedAt;
        client.initWebrtc(
          given,
          (state) => state === 'registered' && resolve(performance.now() - startedAt),
          (_call, event) => {
            window.told.push(event);
            if (event === 'incoming') window.incomingMs = performance.now() - window.seen.invite;
            if (event === 'incoming' && window.answersAtOnce) client.getCall().Answer();
          },
          () => {},
        );
        startedAt = performance.now();
        client.DoRegister();
      }),
    account,
  );
}

/** The account of a demo user, at the given port of loopback. */
export function accountOf(user, port) {
  return {
    ...{ userName: user.sip_username, authUser: user.sip_username, displayname: user.name, secret: user.sip_password },
    ...{ sipdomain: user.sip_domain, domain: `127.0.0.1:${port}`, port: String(port), security: 'ws', endpoint: 'wss' },
  };
}

/** How often the page's call callback was told this. */
export const timesTold = (page, event) =>
  page.evaluate((wanted) => window.told.filter((one) => one === wanted).length, event);

/** From here on the next socket that closes is the loss; those of attempts in vain after it are none of their own. */
export const awaitLoss = (page) =>
  page.evaluate(() => {
    window.seen.lost = 0;
  });

/** The socket's loss until the first 200 to a REGISTER after it, milliseconds; undefined as long as there is none. */
export const recoveredMs = (page) =>
  page.evaluate(() => {
    const at = window.seen.registered.find((time) => time > window.seen.lost);
    return at && window.seen.lost ? at - window.seen.lost : undefined;
  });

/** Lets the page listen to tracks by Web Audio: `listenTo(track)` gives a function that tells whether there is sound. */
export function prepareListening(page) {
  return page.evaluate(() => {
    const context = new AudioContext();
    window.listenTo = (track) => {
      const analyser = context.createAnalyser();
      const samples = new Float32Array(analyser.fftSize);
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      return () => {
        analyser.getFloatTimeDomainData(samples);
        return samples.some((sample) => Math.abs(sample) > 0.01);
      };
    };
    return context.resume();
  });
}

/** Answers, and waits for sound. Wall-clock times of both; getStats() would do, but Chromium takes its figures anew every 50 ms only. */
export function answerAndListen(page) {
  return page.evaluate(async () => {
    const now = () => performance.timeOrigin + performance.now();
    const answeredAt = now();
    window.client.getCall().Answer();
    const listening = new Map();
    const receiving = () => {
      for (const peer of window.intermixPeers ?? []) {
        for (const { track } of peer.connectionState === 'closed' ? [] : peer.getReceivers()) {
          if (!listening.has(track)) listening.set(track, window.listenTo(track));
        }
      }
      return [...listening.values()].some((isSounding) => isSounding());
    };
    while (!receiving()) {
      if (now() - answeredAt > 10_000) return { answeredAt };
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return { answeredAt, heardAt: now() };
  });
}

/**
 * Writes lines of some 150 characters by a public method that both SDKs have and that does nothing but log. The console is stubbed:
 * Exotel's SDK writes no line at all where it is off. Gives the milliseconds until the last call came back.
 */
export function writeLines(page, count) {
  return page.evaluate((lines) => {
    console.log = () => {};
    const startedAt = performance.now();
    for (let i = 0; i < lines; i++) window.client.webRTCStatusCallbackHandler('x'.repeat(140), i);
    return performance.now() - startedAt;
  }, count);
}

/** A meter over the debugging protocol; its figures of scripts count from here on. */
export async function startMeter(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.enable');
  /** Bytes in use on the page's heap after a collection, and the seconds that its scripts have run. */
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    // Twice: what a finalizer lets go of in the first is collected in the second.
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return { heapBytes: usedSize, scriptSec: metrics.find(({ name }) => name === 'ScriptDuration').value };
  };
}
