import { expect, it } from 'vitest';
import { answeredSession, serverSdp } from '../testing/page-fixture.js';
import { FakeProfile, type FakeTab } from '../testing/tabs-fixture.js';

const STEPS = 14;
const PAUSES_MS = [0, 50, 300, 1_500, 4_000];

/** The same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let n = 0; n < 5; n++) next();
  return next;
}

interface Walker {
  tab: FakeTab;
  face: ReturnType<FakeTab['exotel']>;
  frozen: boolean;
}

/** Up to three tabs, to which what happens to tabs happens in any order. */
class Walk {
  readonly profile: FakeProfile;
  readonly tabs: Walker[] = [];
  readonly #random: () => number;

  constructor(profile: FakeProfile, seed: number) {
    this.profile = profile;
    this.#random = numbers(seed);
  }

  async open(): Promise<void> {
    const tab = this.profile.openTab();
    const face = tab.exotel();
    this.tabs.push({ tab, face, frozen: false });
    face.phone.DoRegister();
    await this.profile.pass(400);
  }

  async step(): Promise<void> {
    const awake = this.tabs.filter(({ frozen }) => !frozen);
    const one = this.#any(awake);
    if (one) await this.#happens(one);
    else this.thaw();
    await this.profile.pass(this.#any(PAUSES_MS) ?? 0);
  }

  thaw(): void {
    const one = this.tabs.find(({ frozen }) => frozen);
    if (!one) return;
    one.frozen = false;
    one.tab.thaw();
  }

  async #happens(one: Walker): Promise<void> {
    const { phone } = one.face;
    const chance = this.#random();
    const several = this.tabs.length > 1;
    if (chance < 0.2) await (this.tabs.length < 3 ? this.open() : undefined);
    else if (chance < 0.3) several && this.#end(one, 'close');
    else if (chance < 0.36) several && this.#end(one, 'crash');
    else if (chance < 0.46) phone.UnRegister();
    else if (chance < 0.56) phone.DoRegister();
    else if (chance < 0.64) await this.#freeze(one);
    else if (chance < 0.72) this.thaw();
    else if (chance < 0.82) this.#call();
    else if (chance < 0.92)
      phone
        .getCall()
        .Answer()
        ?.catch(() => {});
    else
      phone
        .getCall()
        .Hangup()
        ?.catch(() => {});
  }

  #end(one: Walker, how: 'close' | 'crash'): void {
    this.tabs.splice(this.tabs.indexOf(one), 1);
    one.tab[how]();
  }

  async #freeze(one: Walker): Promise<void> {
    one.frozen = true;
    await one.tab.freeze();
  }

  #call(): void {
    try {
      const invite = this.profile.server.call();
      invite.on('answered', (session) => session.on('reinvite', (offer) => offer.accept({ sdp: serverSdp() })));
    } catch {
      // Nobody is registered, or the way there has just been lost.
    }
  }

  #any<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.#random() * of.length)];
  }
}

/** What is wrong in the end: every tab has registered again, and a call has to come. */
async function problemsAfter(walk: Walk): Promise<string[]> {
  const { profile, tabs } = walk;
  for (let n = 0; n < 3; n++) walk.thaw();
  await profile.pass(8_000);
  for (const { face } of tabs) face.phone.DoRegister();
  await profile.pass(20_000);
  for (const { face } of tabs)
    face.phone
      .getCall()
      .Hangup()
      ?.catch(() => {});
  await profile.pass(45_000);
  const problems: string[] = [];
  const check = (isSo: boolean, what: string) => isSo || problems.push(what);
  const last = ({ face }: Walker) => face.heard.filter((line) => line.startsWith('register')).at(-1);
  const state = ({ face }: Walker) => face.phone.getCall().callDetails().callState;
  check(
    tabs.every((tab) => last(tab) === 'register registered'),
    'a tab is not registered',
  );
  check(tabs.flatMap(({ tab }) => tab.openSockets).length === 1, 'not one connection');
  check(
    tabs.every((tab) => ['', 'ended'].includes(state(tab))),
    'a call is not over',
  );
  check(
    tabs.every(({ tab }) => tab.platform.liveTracks.length === 0),
    'a microphone is open',
  );
  if (problems[0]) return problems;
  const invite = profile.server.call();
  const answered = answeredSession(invite).then(() => true);
  await profile.pass(300);
  check(
    tabs.every((tab) => state(tab) === 'ringing'),
    'a tab does not ring',
  );
  tabs
    .at(-1)
    ?.face.phone.getCall()
    .Answer()
    ?.catch(() => {});
  check(await Promise.race([answered, profile.pass(2_000).then(() => false)]), 'no tab can answer');
  return problems;
}

for (const seed of [1, 2, 3, 5, 8, 13, 21]) {
  it(`[SDK-D50] whatever happens to tabs, in the end they are one phone that rings (walk ${seed})`, async () => {
    const walk = new Walk(await FakeProfile.start(), seed);
    await walk.open();
    for (let n = 0; n < STEPS; n++) await walk.step();
    expect(await problemsAfter(walk)).toEqual([]);
  });
}
