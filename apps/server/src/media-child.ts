import { silenceAttachment } from '@intermix/flows/media-child';
import { runMediaChild } from '@intermix/media/embedded/child';
import { recordingAttachment } from '@intermix/recordings/media-child';
import { streamAttachment } from '@intermix/streaming/media-child';

// The media process: what may run beside a leg is decided here. Forked by the engine that start-server builds.
runMediaChild({
  attachments: { recording: recordingAttachment, stream: streamAttachment, silence: silenceAttachment },
});
