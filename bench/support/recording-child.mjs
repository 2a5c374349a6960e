// A media process that records, as the server's does, and has nothing else beside its legs.
import { runMediaChild } from '@intermix/media/embedded/child';
import { recordingAttachment } from '@intermix/recordings/media-child';

runMediaChild({ attachments: { recording: recordingAttachment } });
