import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, silentLogger, systemRandom } from '@intermix/kernel';
import { openSpeech, type PromptLibrary, type PromptRecord, SpeechError, type TextToSpeech } from '@intermix/speech';
import { toneWav } from '@intermix/testkit';

/** Says everything as a tone; has the voices `tone` and no other. */
const toneEngine: TextToSpeech = {
  id: 'tone',
  defaultVoice: 'tone',
  async speak(_, voice) {
    if (voice !== 'tone') throw new SpeechError('unknown-voice', `There is no voice ${voice}.`, 'voice');
    return toneWav(440, 0.5);
  },
};

/** A library of prompts with files of its own, and its records in memory. */
export function memoryPrompts(clock: Clock): PromptLibrary {
  const prompts: PromptRecord[] = [];
  const of = (accountSid: string) => prompts.filter((prompt) => prompt.accountSid === accountSid);
  const { library } = openSpeech({
    folder: mkdtempSync(join(tmpdir(), 'intermix-prompts-')),
    directory: {
      create: async (prompt) => void prompts.push(prompt),
      find: async (accountSid, id) => of(accountSid).find((prompt) => prompt.id === id),
      list: async (accountSid) => of(accountSid),
      count: async (accountSid) => of(accountSid).length,
      hasAudio: async (accountSid, sha256) => of(accountSid).some((prompt) => prompt.sha256 === sha256),
      async delete(accountSid, id) {
        const found = of(accountSid).find((prompt) => prompt.id === id);
        if (found) prompts.splice(prompts.indexOf(found), 1);
        return found;
      },
    },
    reader: { get: () => Promise.reject(new Error('no URL is opened here')) },
    engine: toneEngine,
    clock,
    random: systemRandom,
    logger: silentLogger,
  });
  return library;
}
