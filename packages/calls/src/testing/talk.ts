import type { Bench } from './bench.js';
import { dialIn, makeBench } from './two-users.js';

/** A customer talks to Alice. */
export async function makeTalk(options: { instance?: string } = {}, config = {}) {
  const bench = await makeBench(config);
  const alice = await bench.registered('alice', options);
  const carrier = await bench.carrier();
  const placed = dialIn(carrier);
  await bench.run();
  const received = alice.calls[0]!;
  received.ring();
  received.answer();
  await bench.run();
  const [carrierLeg, aliceLeg] = bench.engine.legs;
  return { bench, alice, carrier, placed, received, carrierLeg: carrierLeg!, aliceLeg: aliceLeg! };
}

/** The direction that an SDP asks for. */
export const directionIn = (sdp: string | undefined) => /a=(sendrecv|sendonly|recvonly|inactive)/.exec(sdp ?? '')?.[1];

/** What a re-INVITE brings: the answer's SDP, or the error. */
export async function reinvite(
  bench: Bench,
  session: { reinvite(o: { sdp?: string }): Promise<{ sdp: string | undefined }> },
  sdp?: string,
) {
  let answer: string | undefined | Error;
  session.reinvite(sdp === undefined ? {} : { sdp }).then(
    (result) => {
      answer = result.sdp;
    },
    (error: Error) => {
      answer = error;
    },
  );
  await bench.run(10);
  return answer;
}
