// A media process whose attachment `tap` listens to both directions of a leg and does nothing with what it hears.
import { runMediaChild } from '@intermix/media/embedded/child';

function tap(_spec, { audio, ended }) {
  let samples = 0;
  const count = (frame) => {
    samples += frame.samples.length;
  };
  audio.onReceived(count);
  audio.onSent(count);
  return { handle() {}, close: () => ended(samples) };
}

runMediaChild({ attachments: { tap } });
