// Loaded when a page first chooses, lists or watches devices, or when a microphone is unplugged during a call.
export { AudioDevices } from './audio-devices.js';
