import { runMediaChild } from '@intermix/media/embedded/child';
import { streamAttachment } from '../media-child/index.js';

// A media process that has streams and nothing else. For tests and benchmarks.
runMediaChild({ attachments: { stream: streamAttachment } });
