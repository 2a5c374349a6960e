import type { VoiceCall } from '@intermix/voice-sdk';
import { announce, byId, fillAvatar, fromTemplate, isBusy, setBusy, showError } from './dom.js';
import type { Names } from './names.js';
import { complaintOf } from './words.js';

/** The banner of one ringing call; leaves by itself when it rings no longer. `busy`: a call is up, and an answer holds it. */
export function showIncoming(call: VoiceCall, names: Names, busy: boolean): void {
  const { root, part } = fromTemplate('incoming-template');
  const { name, detail, person } = names.of(call);
  const error = part('error');
  part('name').textContent = name;
  part('detail').textContent = detail;
  fillAvatar(root.querySelector('.avatar'), person);
  if (busy) {
    part('eyebrow').textContent = 'Second call';
    part('answer-text').textContent = 'Hold & answer';
  }

  const answer = part<HTMLButtonElement>('answer');
  answer.addEventListener('click', () => {
    if (isBusy(answer)) return;
    showError(error, undefined);
    setBusy(answer, true); // Not `disabled`: that would take the focus away.
    call.answer().catch((cause) => {
      setBusy(answer, false);
      const complaint = complaintOf(cause);
      showError(error, `${complaint.title} ${complaint.cure}`);
    });
  });
  part('decline').addEventListener('click', () => call.reject());

  call.on('stateChanged', (state) => {
    if (state !== 'connected' && state !== 'ended') return;
    const hadFocus = root.contains(document.activeElement);
    root.remove();
    if (hadFocus) window.setTimeout(() => focusNext(), 0); // After the card of the answered call has been drawn.
  });
  byId('incoming').append(root);
  const what = busy ? 'Second call' : 'Incoming call';
  announce(`${what} from ${name}. Press A to answer, D to decline.`, true);
  document.title = `${name} is calling`;
  call.once('connected', restoreTitle);
  call.once('ended', restoreTitle);
  // Only where nobody is typing: taking the focus away from a field would answer by mistake.
  if (document.activeElement === document.body) answer.focus();
}

function restoreTitle(): void {
  document.title = 'Intermix softphone';
}

/** Where a keyboard user goes on: the answered call, else the dial field. */
function focusNext(): void {
  const mute = document.querySelector<HTMLElement>('.call:last-child:not([data-state="ended"]) [data-part="mute"]');
  (mute ?? byId('number')).focus();
}
