import type { MessageRecording, MessageRecordings } from '@intermix/flows';
import type { Logger } from '@intermix/kernel';
import { RecordingError, type RecordingService } from '@intermix/recordings';

/** What is used of the recorder. */
export type Recorder = Pick<RecordingService, 'startFor' | 'stopFor' | 'ofCall'> & {
  urls: Pick<RecordingService['urls'], 'plain'>;
};

/** Messages as recordings of their own; in a call that is recorded anyway a message is a part of that recording. */
export function messageRecordings(deps: { recorder: () => Recorder | undefined; logger: Logger }): MessageRecordings {
  const { logger } = deps;
  return {
    async start({ accountSid, callSid }, format): Promise<MessageRecording> {
      const recorder = deps.recorder();
      if (recorder === undefined) throw RecordingError.unknownCall();
      try {
        const recording = await recorder.startFor(accountSid, callSid, { channels: 'single', format });
        const { recordingSid } = recording;
        const stop = async () => {
          try {
            await recorder.stopFor(accountSid, callSid, recordingSid);
          } catch (error) {
            if (!(error instanceof RecordingError))
              logger.error({ err: error, callSid }, 'a message goes on being recorded');
          }
        };
        return { url: recorder.urls.plain(recording), stop };
      } catch (error) {
        if (!(error instanceof RecordingError) || error.problem !== 'already-recording') throw error;
        const running = (await recorder.ofCall(accountSid, callSid)).find(({ state }) => state === 'recording');
        if (running === undefined) throw error;
        return { url: recorder.urls.plain(running), stop: async () => {} };
      }
    },
  };
}
