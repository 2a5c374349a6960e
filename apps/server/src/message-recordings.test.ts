import { silentLogger } from '@intermix/kernel';
import { type Recording, RecordingError } from '@intermix/recordings';
import { expect, it } from 'vitest';
import { messageRecordings, type Recorder } from './message-recordings.js';

const call = { accountSid: 'acc', callSid: 'c1' } as Parameters<ReturnType<typeof messageRecordings>['start']>[0];
const recording = (recordingSid: string, state = 'recording') => ({ recordingSid, state }) as Recording;

function recorder(changes: Partial<Recorder> = {}) {
  const log: string[] = [];
  const deps: Recorder = {
    startFor: async (_, callSid, wish) => {
      log.push(`start ${callSid} ${JSON.stringify(wish)}`);
      return recording('r1');
    },
    stopFor: async (_, __, sid) => {
      log.push(`stop ${sid}`);
      return recording(sid);
    },
    ofCall: async () => [recording('r0', 'ready'), recording('r2')],
    urls: { plain: ({ recordingSid }) => `https://pbx.example/${recordingSid}.mp3` },
    ...changes,
  };
  return { log, messages: messageRecordings({ recorder: () => deps, logger: silentLogger }) };
}

it('makes a recording of its own for a message', async () => {
  const { log, messages } = recorder();
  const message = await messages.start(call, 'wav');
  await message.stop();
  expect(message.url).toBe('https://pbx.example/r1.mp3');
  expect(log).toEqual(['start c1 {"channels":"single","format":"wav"}', 'stop r1']);
});

it('uses the recording of a call that is recorded anyway, and leaves it running', async () => {
  const { log, messages } = recorder({ startFor: async () => Promise.reject(RecordingError.alreadyRecording()) });
  const message = await messages.start(call, 'mp3');
  await message.stop();
  expect([message.url, log]).toEqual(['https://pbx.example/r2.mp3', []]);
});

it('says that it cannot record, and minds no recording that has ended by itself', async () => {
  const refused = recorder({ startFor: async () => Promise.reject(RecordingError.unknownCall()) });
  await expect(refused.messages.start(call, 'mp3')).rejects.toThrow('no such call');
  const ended = recorder({ stopFor: async () => Promise.reject(RecordingError.notRunning()) });
  await (await ended.messages.start(call, 'mp3')).stop();
});
