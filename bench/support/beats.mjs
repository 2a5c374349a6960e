// Many senders of 20 ms packets on one timer: they are spread over the period in steps of a millisecond. A timer each would cost
// the generator more than the packets.

/** Calls `send(sender)` every `periodMs` for each sender until `isOver`. Falls behind by no more than it was held up. */
export function beat(senders, periodMs, send, isOver) {
  const slots = Array.from({ length: periodMs }, () => []);
  for (const [at, sender] of senders.entries()) slots[at % periodMs].push(sender);
  let slot = 0;
  let dueAt = performance.now();
  const step = () => {
    if (isOver()) return;
    while (dueAt <= performance.now()) {
      for (const sender of slots[slot]) send(sender);
      slot = (slot + 1) % periodMs;
      dueAt += 1;
    }
    setTimeout(step, 1);
  };
  step();
}
