import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nothingLeft } from '../testing/bench.js';
import type { Phone } from '../testing/phone.js';
import { HeldProgram } from '../testing/program-bench.js';
import { dialIn, makeBench } from '../testing/two-users.js';

/** What may happen at any time; each does nothing where it makes no sense. */
const actions = [
  'dial',
  'place',
  'line-ring',
  'line-early',
  'line-answer',
  'line-busy',
  'line-bye',
  'ring',
  'answer',
  'busy',
  'caller-bye',
  'callee-bye',
  'cancel',
  'hold',
  'cut',
  'come-back',
  'lose-media',
  'hangup',
  'dial-flow',
  'order-flow',
  'flow-answers',
  'flow-plays',
  'flow-connects',
  'flow-digits',
  'flow-hangs-up',
  'flow-returns',
  'flow-breaks',
] as const;

const line0 = '+919811111111';
const flowNumber = '+918047110002';

const script = fc.array(
  fc.record({
    action: fc.constantFrom(...actions),
    who: fc.integer({ min: 0, max: 1 }),
    thenMs: fc.constantFrom(0, 1, 5, 30, 400, 12_000),
  }),
  { minLength: 4, maxLength: 24 },
);

it('[CHANCE1] whatever happens in whatever order: every call ends, once, and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.constantFrom(0, 3, 20), async (steps, delayMs) => {
      const bench = await makeBench();
      const users: Phone[] = [await bench.registered('alice', { instance: 'a' }), await bench.registered('bob')];
      const carrier = await bench.carrier();
      // Alice has a telephone line besides, which the same carrier rings.
      const alice = { ...bench.directory.users[0]!.user, devices: { sip: true, phone: true }, phone: '+919800000001' };
      bench.directory.users[0]!.user = alice;
      const ended: string[] = [];
      bench.board.switch.on('ended', (call) => ended.push(call.callSid));
      bench.network.conditions.delayMs = delayMs;
      const placed: Array<ReturnType<typeof dialIn>> = [];
      bench.directory.addDid(flowNumber, [], { target: { type: 'flow', flowId: 'flow_1' } });
      const program = new HeldProgram();
      bench.flows.set('flow_1', program);
      const alone = (promise: Promise<unknown> | undefined) => void promise?.catch(() => {});

      for (const { action, who, thenMs } of steps) {
        const phone = users[who]!;
        const call = phone.calls.at(-1);
        const mine = placed.at(-1);
        if (action === 'dial') placed.push(dialIn(carrier, { lateOffer: who === 1 }));
        const line = carrier.calls[who === 0 ? carrier.calls.length - 1 : 0];
        const isLineOpen = line !== undefined && !line.incoming.finished;
        if (action === 'place') {
          const { user } = bench.directory.users[who]!;
          bench.board.switch.placeCall({ user, to: '+919876543210' }).catch(() => {}); // Refusals are orderly.
        }
        if (action === 'line-ring' && isLineOpen) line.ring();
        if (action === 'line-early' && isLineOpen) {
          line.incoming.progress(183, { sdp: line.media.answer(line.media.read(line.incoming.offer!)).sdp });
        }
        if (action === 'line-answer' && isLineOpen) line.answer();
        if (action === 'line-busy' && isLineOpen) line.incoming.reject(486);
        if (action === 'line-bye' && line?.session && !line.session.ended) line.session.bye();
        if (action === 'ring' && !call?.incoming.finished) call?.ring();
        if (action === 'answer' && !call?.incoming.finished) call?.answer();
        if (action === 'busy' && !call?.incoming.finished) call?.incoming.reject(486);
        if (action === 'caller-bye' && mine?.session && !mine.session.ended) mine.session.bye();
        if (action === 'callee-bye' && call?.session && !call.session.ended) call.session.bye();
        if (action === 'cancel') mine?.outgoing.cancel();
        if (action === 'hold' && call?.session && !call.session.ended) {
          call.session.reinvite({ sdp: call.media.offer({ direction: 'sendonly' }) }).catch(() => {});
        }
        if (action === 'cut') bench.network.cut(phone.flow!);
        if (action === 'come-back' && phone.flow!.closed) {
          await phone.connect('WS');
          const register = bench.register(phone, who === 0 ? 'alice' : 'bob', {
            contact: `<sip:new@${phone.transport.sentBy(phone.flow!).host}>;+sip.instance="<urn:uuid:a>";reg-id=1`,
          });
          await register.catch(() => {});
        }
        if (action === 'lose-media') for (const leg of bench.engine.legs) if (!leg.closed && who === 1) leg.lose();
        const { control } = program;
        if (action === 'dial-flow') placed.push(dialIn(carrier, { lateOffer: who === 1 }, flowNumber));
        if (action === 'order-flow') {
          const from = who === 0 ? { user: bench.directory.users[0]!.user } : { number: line0, accountSid: 'acme' };
          alone(bench.board.switch.placeCall({ from, to: { program }, timeLimitSec: 20 }));
        }
        if (action === 'flow-answers') alone(control?.answer());
        if (action === 'flow-plays') alone(control?.playFile('hello.wav', { loop: who === 1 }));
        if (action === 'flow-digits') control?.onDigit(() => control.note('flow-step', {}));
        if (action === 'flow-connects') {
          const parties = [
            { type: 'user', appId: 'app1', userId: who === 0 ? 'u-alice' : 'u-bob' },
            { type: 'number', number: line0 },
          ] as const;
          const announcement = { file: 'whisper.wav', to: 'both' } as const;
          alone(control?.connect({ parties, timeLimitSec: 5, ...(who === 0 ? {} : { announcement }) }));
        }
        if (action === 'flow-hangs-up') control?.hangup(who === 0 ? 'busy' : undefined);
        if (action === 'flow-returns') program.finish?.();
        if (action === 'flow-breaks') program.fail?.(new Error('a defect'));
        const active = bench.board.switch.listActive()[0];
        if (action === 'hangup' && active) bench.board.switch.hangup(active.callSid);
        await bench.run(thenMs);
      }

      expect(await bench.close()).toEqual(nothingLeft);
      const calls = [...bench.store.calls.values()];
      expect(ended.toSorted()).toEqual(calls.map(({ call }) => call.callSid).toSorted());
      for (const { call, legs } of calls) {
        expect(['completed', 'busy', 'no-answer', 'failed', 'canceled']).toContain(call.status);
        expect(call.termination).toBeDefined();
        for (const leg of legs.values()) expect(leg.endedAt).toBeInstanceOf(Date);
      }
    }),
    { numRuns: 160, seed: 20261121 },
  );
}, 60_000);
