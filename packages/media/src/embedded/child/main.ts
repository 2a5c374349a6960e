import { runMediaChild } from './run-media-child.js';

// The media process of an engine that was given no other script: legs, bridge, tones and files, no attachments.
runMediaChild({ attachments: {} });
