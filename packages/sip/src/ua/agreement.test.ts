import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from './endpoint.js';
import { callTo, makeWorld, type World } from './testing/ua-fixture.js';
import type { IncomingInvite, InviteSession, OutgoingInvite } from './types.js';

const pass = fc.record({ do: fc.constant('pass' as const), ms: fc.oneof(fc.nat(60), fc.nat(6_000)) });
const side = fc.constantFrom(0 as const, 1 as const);

/** Before the answer: somebody rings, refuses, gives up; or time passes. */
const callAction = fc.oneof(
  { weight: 4, arbitrary: pass },
  { weight: 2, arbitrary: fc.constant({ do: 'ring' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reject' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'cancel' as const }) },
);
/** After the answer; the caller may not know of it yet. */
const talkAction = fc.oneof(
  { weight: 8, arbitrary: pass },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'info' as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bye' as const), side }) },
  { weight: 1, arbitrary: fc.constant({ do: 'cancel' as const }) },
);
const script = fc
  .tuple(pass, fc.array(callAction, { maxLength: 3 }), fc.array(talkAction, { maxLength: 20 }))
  .map(([first, call, talk]) => [first, ...call, { do: 'answer' as const }, ...talk]);
type Action = typeof script extends fc.Arbitrary<(infer T)[]> ? T : never;

/** One party: what it believes about the call. */
class Party {
  session: InviteSession | undefined;
  /** The offer, of either side, that is in force. */
  agreed = 'initial';
  ends = 0;
  #next = 1;
  readonly #name: string;
  /** Requests that have been neither answered nor refused. */
  open = 0;

  constructor(name: string) {
    this.#name = name;
  }

  take(session: InviteSession): void {
    this.session = session;
    session.on('ended', () => this.ends++);
    session.on('info', (info) => info.respond(200));
    session.on('reinvite', (reinvite) => {
      reinvite.accept({ sdp: `answer to ${reinvite.offer}` });
      this.agreed = reinvite.offer!;
    });
  }

  hold(): void {
    const offer = `${this.#name} ${this.#next++}`;
    this.#count(
      this.session?.reinvite({ sdp: offer }).then(({ sdp }) => {
        expect(sdp).toBe(`answer to ${offer}`);
        this.agreed = offer;
      }),
    );
  }

  info(): void {
    this.#count(this.session?.request('INFO').then(() => undefined));
  }

  #count(asked: Promise<void> | undefined): void {
    if (!asked) return;
    this.open++;
    const done = () => {
      this.open--;
    };
    asked.then(done, (error: { code?: string }) => {
      expect(error.code).toMatch(/^ERR_SIP_/);
      done();
    });
  }
}

class Call {
  readonly parties = [new Party('alice'), new Party('bob')] as const;
  readonly outcomes: string[] = [];
  incoming: IncomingInvite | undefined;
  readonly #world: World;
  readonly #invite: OutgoingInvite;

  constructor(world: World, alice: Endpoint, bob: Endpoint) {
    this.#world = world;
    bob.on('invite', (incoming) => {
      this.incoming = incoming;
    });
    this.#invite = alice.invite(callTo('10.0.0.2', { sdp: 'initial', ringTimeoutMs: 60_000 }));
    this.#invite.on('answered', (session) => {
      this.outcomes.push('answered');
      this.parties[0].take(session);
    });
    this.#invite.on('failed', () => this.outcomes.push('failed'));
  }

  async run(step: Action): Promise<void> {
    if (step.do === 'pass') return this.#world.pass(step.ms);
    if (step.do === 'cancel') this.#invite.cancel();
    if (step.do === 'ring') this.incoming?.progress(180);
    if (step.do === 'reject') this.incoming?.reject(486);
    if (step.do === 'answer') this.answer();
    if (step.do === 'hold') this.parties[step.side].hold();
    if (step.do === 'info') this.parties[step.side].info();
    if (step.do === 'bye') this.parties[step.side].session?.bye();
  }

  answer(): void {
    const session = this.incoming?.accept({ sdp: 'answer to initial' });
    if (session) this.parties[1].take(session);
  }
}

describe('two endpoints over a network that loses messages', () => {
  it('[AGREE1] agree on the offer in force, or have both ended; and leave nothing behind', async () => {
    const conditions = fc.record({
      loss: fc.constantFrom(0, 0.05, 0.2),
      duplication: fc.constantFrom(0, 0.1),
      reorder: fc.constantFrom(0, 0.2),
      delayMs: fc.constantFrom(0, 30, 400),
    });
    const reached = { confirmed: 0, glare: 0, cancelled: 0 };
    const property = fc.asyncProperty(conditions, fc.nat(1000), script, async (network, skip, steps) => {
      const world = makeWorld();
      Object.assign(world.network.conditions, network);
      for (let time = 0; time < skip; time++) world.network.random.fraction();
      const [alice, bob] = [await world.endpoint('10.0.0.1'), await world.endpoint('10.0.0.2')];
      const call = new Call(world, alice, bob);
      for (const step of steps) await call.run(step);

      await world.pass(300_000); // Long enough for every retransmission, back-off and time-out.
      const [caller, callee] = call.parties;
      expect(call.outcomes).toHaveLength(1);
      expect(caller.open + callee.open).toBe(0);
      expect(caller.session?.ended ?? true).toBe(callee.session?.ended ?? true);
      if (caller.session && !caller.session.ended) {
        reached.confirmed++;
        expect(caller.agreed).toBe(callee.agreed);
      }
      if (call.outcomes[0] === 'failed') reached.cancelled++;
      if (world.network.ladder().some((line) => line.startsWith('491'))) reached.glare++;

      caller.session?.bye();
      await world.clock.runUntilIdleAsync();
      for (const party of call.parties) expect(party.ends).toBe(party.session ? 1 : 0);
      const nothing = { clientTransactions: 0, serverTransactions: 0, dialogs: 0, flows: 0 };
      expect([alice.counts, bob.counts]).toEqual([nothing, nothing]);
      expect(world.clock.pendingTimers).toBe(0);
    });
    await fc.assert(property, { numRuns: 150, seed: 20261121 });
    // The runs must have been where it is interesting.
    expect(Math.min(...Object.values(reached))).toBeGreaterThan(5);
  }, 60_000);
});
