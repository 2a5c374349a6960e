import type { CallEnd, Unregistered, VoiceCall } from '@intermix/voice-sdk';

/** What went wrong, and what helps. */
export interface Complaint {
  title: string;
  cure: string;
}

/** Any error in the page's words: a VoiceError brings its own cure. */
export function complaintOf(error: unknown): Complaint {
  const { problem, cure, message } = error as { problem?: string; cure?: string; message?: string };
  if (!cure) return { title: 'That did not work.', cure: message ?? '' };
  return { title: titles[problem ?? ''] ?? sentence(message ?? 'That did not work'), cure };
}

const titles: Record<string, string> = {
  'microphone-blocked': 'The microphone is blocked.',
  'microphone-missing': 'No microphone was found.',
  'microphone-busy': 'The microphone is in use elsewhere.',
  'unsupported-browser': 'This page cannot use a microphone.',
  'not-connected': 'You are not online.',
  'invalid-target': 'That is not a number, a name or a SIP address.',
  'hold-refused': 'The other side did not agree.',
  'call-refused': 'The server refused the call.',
  'media-failed': 'No audio path was found.',
  'connection-lost': 'The connection was lost.',
};

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function registrationComplaint(told: Unregistered): Complaint | undefined {
  switch (told.reason) {
    case 'requested':
      return undefined;
    case 'credentials-rejected':
      return {
        title: 'The server rejected this agent’s password.',
        cure: 'Reload the page to fetch the account again.',
      };
    case 'account-unknown':
      return { title: 'The server does not know this agent.', cure: 'Choose another agent, or reload the page.' };
    case 'connection-failed':
      return { title: 'The server cannot be reached.', cure: 'Check that it runs. Trying again by itself.' };
    case 'connection-lost':
      return { title: 'The connection was lost.', cure: 'Trying again by itself; a running call goes on.' };
    default:
      return {
        title: `The server does not answer well${told.status ? ` (${told.status})` : ''}.`,
        cure: 'Trying again by itself.',
      };
  }
}

const ends: Record<CallEnd['reason'], string> = {
  'local-hangup': 'Ended',
  'remote-hangup': 'Ended by the other side',
  rejected: 'Declined',
  cancelled: 'Cancelled',
  'answered-elsewhere': 'Answered on another device',
  busy: 'Busy',
  declined: 'Declined by the other side',
  'no-answer': 'No answer',
  'unknown-number': 'Number not known',
  forbidden: 'Not allowed',
  'connection-lost': 'Connection lost',
  'handed-over': 'Goes on in another page',
  'media-failed': 'No audio path',
  failed: 'Failed',
};

export function endText(end: CallEnd, direction: VoiceCall['direction']): string {
  if (end.reason === 'cancelled' && direction === 'incoming') return 'Missed';
  if (end.reason === 'no-answer' && direction === 'incoming') return 'Missed';
  return ends[end.reason];
}

export function stateText(call: VoiceCall): string {
  if (call.held) return 'On hold';
  switch (call.state) {
    case 'calling':
      return 'Calling…';
    case 'ringing':
      return 'Ringing…';
    case 'early-media':
      return 'Connecting…';
    case 'answering':
      return 'Answering…';
    case 'connected':
      return call.muted ? 'Muted' : 'Connected';
    case 'ended':
      return 'Ended';
  }
}

/** `3:07`, `1:02:45`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = String(s).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${tail}` : `${m}:${tail}`;
}

/** `Today`, `Yesterday`, else the date. */
export function dayText(ms: number, nowMs = Date.now()): string {
  const day = new Date(ms).toDateString();
  if (day === new Date(nowMs).toDateString()) return 'Today';
  if (day === new Date(nowMs - 86_400_000).toDateString()) return 'Yesterday';
  return new Date(ms).toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' });
}

/** Name and second line for the simulated numbers. */
export const simulatedNames: Record<string, string> = {
  echo: 'Hear yourself',
  answer_tone: 'Hear a steady tone',
  dtmf_readback: 'Press digits, hear them back',
  early_media: 'Hear an announcement first',
  busy: 'Find it busy',
  no_answer: 'Let it ring',
  reject: 'Be turned away',
};
