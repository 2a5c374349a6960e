// How long an INVITE takes through a server: sends one from a carrier's socket every so often, and notes when the INVITE
// that it causes reaches the callee's socket, which refuses it. Both sockets are in one process, so one clock measures.
// It runs on the load generator's core: waiting for that core is in its figures.
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const token = () => randomBytes(6).toString('hex');
const field = (text, name) => new RegExp(`^${name}:[ \t]*(.*)$`, 'im').exec(text)?.[1].trim() ?? '';
const copied = (text, names) =>
  text
    .split('\r\n')
    .filter((line) => names.some((name) => line.toLowerCase().startsWith(`${name}:`)))
    .join('\r\n');

async function open(port) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

export class Prober {
  /** Milliseconds from INVITE to INVITE. */
  #samples = [];
  sent = 0;
  #out;
  #in;
  #server;
  #number;
  #pending = new Map();
  #timer;

  static async start({ serverPort, calleePort, number }) {
    const prober = new Prober();
    prober.#out = await open(0);
    prober.#in = await open(calleePort);
    prober.#server = serverPort;
    prober.#number = number;
    prober.#out.on('message', (bytes) => prober.#handleAnswer(bytes.toString('latin1')));
    prober.#in.on('message', (bytes, from) => prober.#handleInvite(bytes.toString('latin1'), from));
    return prober;
  }

  /** REGISTER from the callee's socket, by digest. Rejects when it is refused. */
  async register({ user, domain, password }) {
    const { port } = this.#in.address();
    const callId = token();
    const send = (cseq, extra = '') =>
      this.#send(
        this.#in,
        `REGISTER sip:${domain} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${token()};rport\r\n` +
          `From: <sip:${user}@${domain}>;tag=${callId}\r\nTo: <sip:${user}@${domain}>\r\nCall-ID: ${callId}\r\n` +
          `CSeq: ${cseq} REGISTER\r\nContact: <sip:${user}@127.0.0.1:${port}>\r\nExpires: 3600\r\n${extra}` +
          'Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
      );
    const answer = async () => (await once(this.#in, 'message', { signal: AbortSignal.timeout(5_000) }))[0].toString();
    send(1);
    const challenge = await answer();
    const value = (name) => new RegExp(`${name}="([^"]*)"`, 'i').exec(challenge)?.[1] ?? '';
    const md5 = (text) => createHash('md5').update(text).digest('hex');
    const [realm, nonce, opaque] = [value('realm'), value('nonce'), value('opaque')];
    const [ha1, ha2] = [md5(`${user}:${realm}:${password}`), md5(`REGISTER:sip:${domain}`)];
    const response = md5(`${ha1}:${nonce}:00000001:c0ffee:auth:${ha2}`);
    send(
      2,
      `Authorization: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="sip:${domain}", ` +
        `response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c0ffee"` +
        `${opaque ? `, opaque="${opaque}"` : ''}\r\n`,
    );
    const final = await answer();
    if (!final.startsWith('SIP/2.0 200')) throw new Error(`REGISTER of ${user}: ${final.split('\r\n')[0]}`);
  }

  /** One probe every so many milliseconds until `stop`. */
  begin(everyMs = 20) {
    this.#timer = setInterval(() => this.#probe(), everyMs);
  }

  /** Ends the probing; gives the samples so far and begins anew. */
  async pause() {
    clearInterval(this.#timer);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const samples = this.#samples.splice(0);
    const lost = this.#pending.size;
    this.#pending.clear();
    return { samples, lost };
  }

  async stop() {
    clearInterval(this.#timer);
    for (const socket of [this.#out, this.#in]) socket.close();
  }

  #probe() {
    const [mark, branch, number] = [token(), `z9hG4bK${token()}`, this.#number];
    const { port } = this.#out.address();
    const sdp =
      'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n';
    // The prober's own caller number crosses a B2BUA, where a Call-ID does not.
    const from = `+9111${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
    this.#pending.set(from, process.hrtime.bigint());
    this.sent++;
    this.#send(
      this.#out,
      `INVITE sip:${number}@127.0.0.1:${this.#server} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch};rport\r\n` +
        `From: <sip:${from}@127.0.0.1:${port}>;tag=${mark}\r\nTo: <sip:${number}@127.0.0.1:${this.#server}>\r\n` +
        `Call-ID: ${mark}\r\nCSeq: 1 INVITE\r\nContact: <sip:carrier@127.0.0.1:${port}>\r\nMax-Forwards: 70\r\n` +
        `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`,
    );
  }

  #handleInvite(text, from) {
    if (!text.startsWith('INVITE ')) return;
    const arrived = process.hrtime.bigint();
    const caller = /sip:([^@>]*)@/.exec(field(text, 'from'))?.[1];
    const sentAt = this.#pending.get(caller);
    if (sentAt !== undefined) {
      this.#samples.push(Number(arrived - sentAt) / 1e6);
      this.#pending.delete(caller);
    }
    const head = copied(text, ['via', 'from', 'call-id', 'cseq']);
    const to = `To: ${field(text, 'to')};tag=probe`;
    this.#send(this.#in, `SIP/2.0 486 Busy Here\r\n${head}\r\n${to}\r\nContent-Length: 0\r\n\r\n`, from.port);
  }

  /** ACK to the refusal, in the INVITE's transaction. */
  #handleAnswer(text) {
    if (!/^SIP\/2\.0 [3-6]/.test(text)) return;
    const ack =
      `ACK sip:${this.#number}@127.0.0.1:${this.#server} SIP/2.0\r\n` +
      `${copied(text, ['via', 'from', 'to', 'call-id'])}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`;
    this.#send(this.#out, ack);
  }

  #send(socket, text, port = this.#server) {
    socket.send(text, port, '127.0.0.1');
  }
}
