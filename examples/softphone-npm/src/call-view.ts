import type { VoiceCall } from '@intermix/voice-sdk';

/** Draws one call into the list, and takes it out when it is over. Several calls are several views. */
export function showCall(call: VoiceCall, list: HTMLElement, complain: (error: unknown) => void): void {
  const template = document.querySelector<HTMLTemplateElement>('#call-template')!;
  const root = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
  const part = <T extends HTMLElement>(name: string): T => root.querySelector<T>(`[data-part="${name}"]`)!;

  function draw(): void {
    const isRinging = call.direction === 'incoming' && call.state === 'ringing';
    const isUp = call.state === 'connected';
    part('name').textContent = call.remote.displayName ?? call.remote.user;
    part('state').textContent = call.held ? 'on hold' : call.muted ? 'muted' : call.state;
    part('answer').hidden = !isRinging;
    for (const name of ['mute', 'hold', 'digits-row']) part(name).hidden = !isUp;
    part('hangup').textContent = isRinging ? 'Decline' : 'End';
    part('mute').setAttribute('aria-pressed', String(call.muted));
    part('hold').setAttribute('aria-pressed', String(call.held));
  }

  part('answer').onclick = () => call.answer().catch(complain);
  part('mute').onclick = () => (call.muted ? call.unmute() : call.mute());
  part('hold').onclick = () => (call.held ? call.unhold() : call.hold()).catch(complain);
  part('hangup').onclick = () => void call.hangup();
  part<HTMLInputElement>('digits').oninput = (event) => {
    const { data } = event as InputEvent;
    if (data) call.sendDtmf(data).catch(complain);
  };

  for (const event of ['stateChanged', 'muted', 'unmuted', 'held', 'unheld'] as const) call.on(event, draw);
  call.on('failed', complain);
  call.on('ended', () => root.remove());
  list.append(root);
  draw();
}
