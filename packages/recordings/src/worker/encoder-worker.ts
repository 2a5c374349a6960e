// The thread of a media process that encodes and writes its recordings: neither may hold up a packet.
import { parentPort } from 'node:worker_threads';
import { goBehindPackets } from './behind-packets.js';
import { FileWriter } from './file-writer.js';
import { nodeFiles } from './growing-files.js';
import { makeEncoder } from './make-encoder.js';
import type { FromEncoder, ToEncoder } from './messages.js';

const port = parentPort;
if (!port) throw new Error('encoder-worker runs as a worker thread only');

goBehindPackets();

const writers = new Map<number, FileWriter>();
const send = (message: FromEncoder) => port.postMessage(message);

port.on('message', (message: ToEncoder) => {
  const { id } = message;
  switch (message.type) {
    case 'open': {
      const onEnded = (result: Extract<FromEncoder, { type: 'ended' }>['result']) => {
        writers.delete(id);
        send({ type: 'ended', id, result });
      };
      writers.set(id, new FileWriter(message.spec, { files: nodeFiles, makeEncoder, onEnded }));
      return;
    }
    case 'pcm':
      void writers
        .get(id)
        ?.write(message.pcm)
        .then(() => send({ type: 'done', id }));
      return;
    case 'close':
      void writers.get(id)?.close();
  }
});
