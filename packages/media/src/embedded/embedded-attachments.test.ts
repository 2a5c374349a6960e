import { silentLogger } from '@intermix/kernel';
import { expect, it } from 'vitest';
import { MediaError } from '../errors.js';
import { EmbeddedAttachments } from './embedded-attachments.js';
import type { MediaProcess } from './media-process.js';

it('an attachment whose process is late with the reply is ended there, since nobody has it here', async () => {
  const asked: { command: string; attachmentId?: number }[] = [];
  const process = {
    isAlive: true,
    async request(command: { command: string }) {
      asked.push(command);
      if (command.command === 'attach') throw new MediaError('timeout', 'the media process did not answer in time');
      return null;
    },
  } as unknown as MediaProcess;
  const attachments = new EmbeddedAttachments(silentLogger);
  const opening = attachments.open({ key: { callId: 'c', legId: 'l' }, kind: 'stream', spec: {}, process });
  await expect(opening).rejects.toMatchObject({ problem: 'timeout' });
  expect(asked.map(({ command }) => command)).toEqual(['attach', 'attachment-close']);
  expect(asked[1]?.attachmentId).toBe((asked[0] as { attachmentId?: number }).attachmentId);
  expect(attachments.someIn(process)).toBe(false);
});
